"""What people change and read: shares without JavaScript, the bin, a review, a chat beside its film."""

from datetime import UTC, datetime, timedelta

from browser_site import ANN, BO, CHLOE, DANA, INES, Site, Visit
from playwright.sync_api import Page, expect


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("status")).to_contain_text(words)


def row(page: Page, name: str):
    return page.locator("li.person", has_text=name)


def test_sharing_works_without_javascript(site: Site, visit: Visit) -> None:
    recording = site.recording("acme-weekly-1-video")
    page = visit(ANN, f"{recording}/shares", java_script_enabled=False)

    page.get_by_role("link", name="Take out Chloé Martin").click()
    expect(page.get_by_role("heading", name="Take Chloé Martin out?")).to_be_visible()
    expect(row(page, "Chloé Martin")).to_contain_text("can no longer see that it is there, open it")
    page.get_by_role("link", name="Leave it as it is").click()
    expect(row(page, "Chloé Martin")).to_contain_text("Has access")
    page.get_by_role("link", name="Take out Chloé Martin").click()
    page.get_by_role("button", name="Take out Chloé Martin").click()
    told(page, "Chloé Martin was taken out.")
    expect(row(page, "Chloé Martin")).to_contain_text("was taken out by the responsible person")
    page.get_by_role("button", name="Put back Chloé Martin").click()
    expect(row(page, "Chloé Martin")).to_contain_text("Has access")

    page.get_by_label("Name or address").fill("dana")
    page.get_by_role("button", name="Find").click()
    last_day = datetime.now(UTC).date() + timedelta(days=400)
    row(page, "Dana Kovacs").get_by_label("Last day").fill(last_day.isoformat())
    page.get_by_role("button", name="Add for Dana Kovacs").click()
    told(page, f"Dana Kovacs has access until {last_day.day} {last_day:%b %Y}")
    dana = visit(DANA, "/")
    expect(dana.locator("li.row", has_text="Weekly: release plan")).to_contain_text("Shared with you until")

    page.get_by_role("link", name="Take away from Dana Kovacs").click()
    expect(page.get_by_text("This removes 1 person.")).to_be_visible()
    page.get_by_role("button", name="Take away Dana Kovacs").click()
    expect(row(page, "Dana Kovacs")).to_have_count(0)
    dana.goto("/")
    expect(dana.get_by_role("link", name="Weekly: release plan")).to_have_count(0)


def test_an_end_in_the_past_is_refused_and_changes_nothing(site: Site, visit: Visit) -> None:
    page = visit(ANN, f"{site.recording('acme-weekly-1-video')}/shares?q=dana", java_script_enabled=False)
    row(page, "Dana Kovacs").get_by_label("Last day").evaluate(
        "(field) => { field.removeAttribute('min'); field.value = '2020-01-01'; }"
    )
    page.get_by_role("button", name="Add for Dana Kovacs").click()
    told(page, "The end date lies in the past; nothing was changed.")
    expect(row(page, "Dana Kovacs")).to_have_count(0)


def test_switches_title_bin_and_restore_work_without_javascript(site: Site, visit: Visit) -> None:
    recording = site.recording("acme-weekly-1-video")
    page = visit(ANN, f"{recording}/shares", java_script_enabled=False)
    page.get_by_label("Share with everybody of the account").uncheck()
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_text("This removes 2 people.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    told(page, "Nobody but people who were added has access")
    expect(row(page, "Chloé Martin")).to_contain_text("not shared with everybody who was")
    page.get_by_label("Share with everybody of the account").check()
    page.get_by_role("button", name="See what it changes").click()
    expect(page.get_by_text("This adds 2 people.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(row(page, "Chloé Martin")).to_contain_text("Has access")

    page.goto(recording)
    page.get_by_text("Change the title").click()
    page.get_by_label("Title").fill("Release plan, final")
    page.get_by_role("button", name="Save").click()
    told(page, "The title was changed.")
    page.get_by_text("Change the title").click()
    page.get_by_label("Title").fill("Weekly: release plan")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("link", name="Move to the bin").click()
    expect(row(page, "You")).to_contain_text("can then restore it from the bin")
    page.get_by_role("button", name="Move to the bin").click()
    told(page, "lies in the bin")
    page.goto("/")
    expect(page.get_by_role("link", name="Weekly: release plan")).to_have_count(0)
    page.get_by_role("link", name="Bin").click()
    page.get_by_role("link", name="Restore Weekly: release plan").click()
    expect(page.get_by_text("adds 2 people")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    told(page, "is back")
    page.goto("/")
    expect(page.get_by_role("link", name="Weekly: release plan")).to_be_visible()


def test_colleagues_are_found_while_one_types(site: Site, visit: Visit) -> None:
    page = visit(BO, f"{site.recording('acme-direct-1-video')}/shares")
    page.get_by_label("Name or address").press_sequentially("dan")
    expect(row(page, "Dana Kovacs")).to_be_visible()
    assert page.url.endswith("/shares")


def test_a_review_asks_for_a_reason_and_the_responsible_person_sees_it(site: Site, visit: Visit) -> None:
    item = f"recordings/{site.ids['acme-direct-1-video']}"
    admin = visit(INES, f"/admin/{item}")
    expect(admin.locator("video")).to_have_count(0)
    admin.get_by_label("Why do you look at it?").fill("Complaint 7 of the works council")
    admin.get_by_role("button", name="Begin the review").click()
    expect(admin.get_by_role("note")).to_contain_text("Reason: Complaint 7 of the works council.")
    admin.wait_for_function("() => document.querySelector('video').readyState >= 2")
    expect(admin.get_by_role("table")).to_contain_text("reviewed it as an admin")

    responsible = visit(BO, f"/{item}/shares")
    reviews = responsible.get_by_role("region", name="Reviews by admins")
    expect(reviews).to_contain_text("Inés Duarte")
    expect(reviews).to_contain_text("Complaint 7 of the works council")


def test_an_admin_names_who_is_responsible(site: Site, visit: Visit) -> None:
    page = visit(INES, f"/admin/transcripts/{site.ids['acme-direct-1-chat']}?q=chlo")
    page.get_by_role("link", name="Make responsible Chloé Martin").click()
    expect(page.get_by_text("This changes what 2 people may do.")).to_be_visible()
    page.get_by_role("button", name="Make responsible Chloé Martin").click()
    told(page, "They are responsible from now on.")
    chloe = visit(CHLOE, f"{site.transcript('acme-direct-1-chat')}/shares")
    expect(row(chloe, "Chloé Martin")).to_contain_text("Responsible")


def test_a_chat_shows_what_its_reader_may_read_and_leads_into_the_film(site: Site, visit: Visit) -> None:
    recording = site.recording("acme-weekly-1-video")
    bo = visit(BO, recording)
    chat = bo.get_by_role("region", name="Messages")
    expect(chat).to_contain_text("Yes. I have a fix, it is not tested yet.")
    expect(chat).to_contain_text("direct to Chloé Martin")
    bo.wait_for_function("() => document.querySelector('video').readyState >= 2")
    chat.get_by_role("link", name="Play from 1:18").click()
    bo.wait_for_function("() => document.querySelector('video').currentTime >= 78")

    ann = visit(ANN, recording)
    chat = ann.get_by_role("region", name="Messages")
    expect(chat).to_contain_text("Is that the new page?")
    expect(chat).not_to_contain_text("not tested yet")
    expect(chat).not_to_contain_text("I can test it this afternoon.")


def test_a_chat_time_leads_into_the_film_without_javascript_too(site: Site, visit: Visit) -> None:
    page = visit(BO, site.recording("acme-weekly-1-video"), java_script_enabled=False)
    page.get_by_role("link", name="Play from 1:18").click()
    expect(page.locator("video")).to_have_attribute(
        "src", f"/api/v1/recordings/{site.ids['acme-weekly-1-video']}/media#t=78"
    )
