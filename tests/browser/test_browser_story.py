"""The main story, by mouse and by keyboard alone: play, seek, take somebody out, playback stops."""

import base64
import io
import time

from browser_site import ANN, BO, DANA, SECONDS, Site, Visit, fill_in
from PIL import Image
from playwright.sync_api import Page, expect

from recstore.sample.film import read_second

FRAME = """async () => {
  const video = document.querySelector("video");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  canvas.getContext("2d").drawImage(video, 0, 0);
  return canvas.toDataURL("image/png");
}"""
STATE = """() => {
  const video = document.querySelector("video");
  return [video.paused, video.currentTime, video.getAttribute("src")];
}"""
FOCUSED = (
    "() => { const it = document.activeElement; return it.textContent || it.labels?.[0]?.textContent || ''; }"
)
SEEKED = "() => { const v = document.querySelector('video'); return !v.seeking && v.readyState >= 3; }"


def shown_second(page: Page) -> int:
    """Read the second that is burnt into the frame on the screen."""
    page.wait_for_function(SEEKED)
    picture = page.evaluate(FRAME)
    return read_second(Image.open(io.BytesIO(base64.b64decode(picture.partition(",")[2]))))


def test_a_participant_plays_seeks_and_is_cut_off_when_taken_out(
    site: Site, visit: Visit, complaints: list[str]
) -> None:
    recording = site.recording("acme-weekly-2-video")
    bo = visit(BO, "/")
    bo.get_by_role("link", name="Weekly: pilot start").click()
    bo.wait_for_function("() => document.querySelector('video').readyState >= 2")
    bo.evaluate("() => document.querySelector('video').play()")
    bo.wait_for_function("() => document.querySelector('video').currentTime > 0.5")

    last_quarter = SECONDS * 3 // 4 + 5
    bo.evaluate("(at) => { document.querySelector('video').currentTime = at; }", last_quarter + 0.5)
    assert last_quarter <= shown_second(bo) <= last_quarter + 3
    assert bo.evaluate(STATE)[0] is False

    ann = visit(ANN, f"{recording}/shares")
    ann.get_by_role("link", name="Take out Bo Nyström").click()
    ann.get_by_role("button", name="Take out Bo Nyström").click()
    expect(ann.get_by_role("status")).to_contain_text("Bo Nyström was taken out")
    taken_out = time.monotonic()
    expect(bo.get_by_text("You no longer have access to this recording.")).to_be_visible(timeout=5000)
    assert time.monotonic() - taken_out < 2

    paused, _, source = bo.evaluate(STATE)
    assert paused
    assert source is None
    assert bo.evaluate("() => document.querySelector('video').buffered.length") == 0
    bo.goto("/")
    expect(bo.get_by_role("link", name="Weekly: release plan")).to_be_visible()
    expect(bo.get_by_role("link", name="Weekly: pilot start")).to_have_count(0)
    assert bo.goto(recording).status == 404
    assert all("404" in words for words in complaints), complaints
    complaints.clear()


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus is on the element of this name, as somebody without a mouse does."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if name in " ".join(focused.split()):
            return
    raise AssertionError(f"the focus never came to {name!r}")


def test_everything_can_be_done_by_keyboard_alone(site: Site, visit: Visit) -> None:
    page = visit(None, "/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.keyboard.type(ANN)
    page.keyboard.press("Tab")
    page.keyboard.type("believe it or not")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/")

    tab_to(page, "Integration with Norrsken")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    page.keyboard.press("k")
    page.wait_for_function("() => !document.querySelector('video').paused")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("k")
    page.wait_for_function("() => document.querySelector('video').paused")
    assert 30 <= shown_second(page) < 45
    page.keyboard.press("ArrowLeft")
    assert 25 <= shown_second(page) < 40

    tab_to(page, "Who can see this")
    page.keyboard.press("Enter")
    page.wait_for_url("**/shares")
    for there in ("**/what-if*", "**/shares"):  # first what it would change, then the change itself
        tab_to(page, "Take out Dana Kovacs")
        page.keyboard.press("Enter")
        page.wait_for_url(there)
    expect(page.get_by_role("status")).to_contain_text("Dana Kovacs was taken out")


def test_keys_typed_into_a_field_do_not_move_the_film(site: Site, visit: Visit) -> None:
    page = visit(ANN, site.recording("acme-weekly-1-video"))
    page.get_by_text("Change the title").click()
    page.get_by_label("Title").fill("")
    page.keyboard.type("make k f m")
    assert page.get_by_label("Title").input_value() == "make k f m"
    paused, at, _ = page.evaluate(STATE)
    assert (paused, at) == (True, 0)


def test_a_film_that_does_not_arrive_says_so_and_can_be_tried_again(
    site: Site, visit: Visit, complaints: list[str]
) -> None:
    page = visit(ANN, "/")
    page.route("**/media*", lambda route: route.abort())
    page.goto(site.recording("acme-weekly-1-video"))
    expect(page.get_by_text("The recording does not arrive just now.")).to_be_visible()
    page.unroute("**/media*")
    page.get_by_role("button", name="Try again").click()
    page.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    assert all("ERR_FAILED" in words for words in complaints), complaints
    complaints.clear()


def test_a_film_whose_session_ended_stops(site: Site, visit: Visit, complaints: list[str]) -> None:
    page = visit(None, "/sign-in")
    fill_in(page, DANA)
    page.goto(site.recording("acme-weekly-2-video"))
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible(timeout=3000)
    assert all("401" in words for words in complaints), complaints
    complaints.clear()
