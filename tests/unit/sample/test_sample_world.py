"""The sample world: well-formed documents, consistent times, and the cases that the demo is to show."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from recstore.sample.world import SIGN_INS, SampleAccount, SampleCall, build

NOW = datetime(2026, 3, 1, 0, 17, 42, tzinfo=UTC)  # just after midnight and the end of a month
WORLD = build(NOW)
ACME, NORRSKEN = WORLD.accounts
CALLS = {call.ref: call for account in WORLD.accounts for call in account.calls}
EMAILS = {person.email for account in WORLD.accounts for person in account.people}

every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def refs(call: SampleCall) -> set[str]:
    return {participant["ref"] for participant in call.document["participants"]}


def present(call: SampleCall, ref: str, at: datetime) -> bool:
    one = next(each for each in call.document["participants"] if each["ref"] == ref)
    return any(moment(came) <= at <= moment(left) for came, left in one["intervals"])


def messages(call: SampleCall) -> list[dict[str, Any]]:
    return call.transcript.document["messages"] if call.transcript else []


def signed_in(ref: str) -> set[str]:
    return {one["authenticated"] for one in CALLS[ref].document["participants"] if one["authenticated"]}


class TestCallDocuments:
    @every_call
    def test_have_exactly_the_fields_of_the_interface(self, call: SampleCall) -> None:
        times = {"occurrence", "started_at", "ended_at"}
        people = {"vmr", "participants", "recorded_by", "notice"}
        assert set(call.document) == times | people | {"features", "events"}
        for participant in call.document["participants"]:
            required = {"ref", "name", "authenticated", "intervals", "quality"}
            assert required <= set(participant) <= required | {"claimed_email"}

    @every_call
    def test_lie_in_the_recent_past(self, call: SampleCall) -> None:
        started, ended = moment(call.document["started_at"]), moment(call.document["ended_at"])
        assert NOW - timedelta(days=9) < started < ended < NOW
        assert moment(call.document["occurrence"]) == started

    @every_call
    def test_place_people_and_events_inside_the_call(self, call: SampleCall) -> None:
        started, ended = moment(call.document["started_at"]), moment(call.document["ended_at"])
        for participant in call.document["participants"]:
            for came, left in participant["intervals"]:
                assert started <= moment(came) < moment(left) <= ended
        times = [moment(event["at"]) for event in call.document["events"]]
        assert times == sorted(times)
        assert started <= times[0] <= times[-1] <= ended
        assert {event["actor"] for event in call.document["events"]} <= refs(call)

    @every_call
    def test_name_registered_people_only_as_authenticated(self, call: SampleCall) -> None:
        assert signed_in(call.ref) <= EMAILS


class TestRecordings:
    recorded = pytest.mark.parametrize(
        "call", [pytest.param(call, id=call.ref) for call in CALLS.values() if call.recording]
    )

    @recorded
    def test_lie_inside_their_call_and_were_announced_to_those_present(self, call: SampleCall) -> None:
        recording = call.recording
        assert recording
        started, stopped = (
            recording.started_at,
            recording.started_at + timedelta(seconds=recording.script.seconds),
        )
        assert moment(call.document["started_at"]) <= started < stopped <= moment(call.document["ended_at"])
        notice = call.document["notice"]
        assert moment(notice["announced_at"]) < started
        assert all(present(call, ref, started) for ref in notice["agreed"])

    @recorded
    def test_agree_with_the_call_about_who_and_when(self, call: SampleCall) -> None:
        recording = call.recording
        assert recording
        assert call.document["recorded_by"] == recording.started_by
        assert recording.started_by in refs(call)
        starts = [event for event in call.document["events"] if event["action"] == "record_start"]
        assert [(moment(event["at"]), event["actor"]) for event in starts] == [
            (recording.started_at, recording.started_by)
        ]

    @recorded
    def test_show_people_who_were_there(self, call: SampleCall) -> None:
        assert call.recording
        names = {participant["name"] for participant in call.document["participants"]}
        assert set(call.recording.script.people) == names

    def test_are_missing_from_the_call_document_when_nobody_recorded(self) -> None:
        call = CALLS["norrsken-direkt-1"]
        assert (call.recording, call.document["recorded_by"], call.document["notice"]) == (None, None, None)
        assert "record" not in call.document["features"]


class TestTranscripts:
    @every_call
    def test_have_exactly_the_fields_of_the_interface(self, call: SampleCall) -> None:
        for message in messages(call):
            assert set(message) == {"ref", "at", "sender", "to", "body", "read_by", "reply_to"}

    @every_call
    def test_are_in_order_with_senders_present(self, call: SampleCall) -> None:
        times = [moment(message["at"]) for message in messages(call)]
        assert times == sorted(times)
        assert all(present(call, message["sender"], moment(message["at"])) for message in messages(call))

    @every_call
    def test_reach_and_are_read_by_others_of_the_call_after_they_were_sent(self, call: SampleCall) -> None:
        for message in messages(call):
            addressed = refs(call) if message["to"] == "everyone" else set(message["to"])
            readers = {receipt["who"] for receipt in message["read_by"]}
            assert readers <= addressed - {message["sender"]} <= refs(call)
            for receipt in message["read_by"]:
                assert moment(receipt["at"]) > moment(message["at"])
                assert present(call, receipt["who"], moment(receipt["at"]))

    @every_call
    def test_reply_to_earlier_messages_that_the_writer_could_see(self, call: SampleCall) -> None:
        seen: dict[str, dict[str, Any]] = {}
        for message in messages(call):
            if message["reply_to"]:
                original = seen[message["reply_to"]]
                assert original["to"] == "everyone" or message["sender"] in original["to"]
            seen[message["ref"]] = message

    def test_hold_public_and_direct_messages_replies_and_receipts(self) -> None:
        every = [message for call in CALLS.values() for message in messages(call)]
        assert {message["to"] == "everyone" for message in every} == {True, False}
        assert any(message["reply_to"] for message in every)
        assert any(message["read_by"] for message in every)


class TestCasesTheDemoShows:
    def test_a_series_has_two_occurrences_of_one_room_with_other_people(self) -> None:
        first, second = CALLS["acme-weekly-1"].document, CALLS["acme-weekly-2"].document
        assert first["vmr"] == second["vmr"]
        assert first["occurrence"] != second["occurrence"]
        assert signed_in("acme-weekly-1") - signed_in("acme-weekly-2") == {"chloe.martin@acme.example"}

    def test_a_guest_typed_the_organizers_address(self) -> None:
        document = CALLS["acme-weekly-2"].document
        guest = next(one for one in document["participants"] if one["authenticated"] is None)
        assert guest["claimed_email"] == document["vmr"]["organizer"]

    def test_a_direct_call_was_recorded(self) -> None:
        assert CALLS["acme-direct-1"].document["vmr"] is None
        assert CALLS["acme-direct-1"].recording

    def test_somebody_of_the_other_account_took_part(self) -> None:
        assert "asa.oberg@norrsken.example" in signed_in("acme-partners-1")

    def test_somebody_was_invited_and_never_came(self) -> None:
        assert "farid.haddad@acme.example" in CALLS["acme-weekly-1"].document["vmr"]["invitees"]
        assert all("farid.haddad@acme.example" not in signed_in(ref) for ref in CALLS)

    @pytest.mark.parametrize(("account", "recordings"), [(ACME, 4), (NORRSKEN, 1)], ids=["acme", "norrsken"])
    def test_each_account_has_recordings_and_one_admin(self, account: SampleAccount, recordings: int) -> None:
        assert sum(call.recording is not None for call in account.calls) == recordings
        assert sum(person.admin for person in account.people) == 1
        assert all(person.email.endswith("@" + account.domain) for person in account.people)

    def test_the_sign_ins_are_an_organizer_a_participant_an_admin_and_an_outsider(self) -> None:
        emails = {sign_in.role: sign_in.email for sign_in in SIGN_INS}
        weekly = CALLS["acme-weekly-2"].document
        assert emails["organizer"] == weekly["vmr"]["organizer"]
        assert emails["participant"] in signed_in("acme-weekly-2") - {emails["organizer"]}
        assert emails["admin"] in {person.email for person in ACME.people if person.admin}
        assert emails["person of the other account"] in {person.email for person in NORRSKEN.people}
        assert all(emails["admin"] not in signed_in(ref) for ref in CALLS)


class TestBuilding:
    def test_the_same_now_gives_the_same_world_in_any_time_zone(self) -> None:
        assert build(NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))) == WORLD

    def test_refs_are_unique(self) -> None:
        kept = [item.ref for call in CALLS.values() for item in (call.recording, call.transcript) if item]
        assert len(kept) == len(set(kept))
        assert len(CALLS) == sum(len(account.calls) for account in WORLD.accounts)
