"""Accounts, sign-in and tokens: one answer for every wrong sign-in, and not too many of them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from recstore.access.viewer import Viewer
from recstore.accounts import Accounts
from recstore.catalog import accounts as accounts_of_catalog
from recstore.catalog.tables import User
from recstore.errors import BadInput, Conflict, RecstoreError, SignInNeeded, Throttled
from recstore.guessing import (
    MOST_FAILURES_PER_ADDRESS,
    MOST_FAILURES_PER_ORIGIN,
    MOST_FAILURES_PER_PLACE,
    WINDOW,
)
from recstore.model import Scope
from recstore.signin import Known, Recorder
from tests.core_fixtures import House

PASSWORD = "correct horse"
PAT = "pat@acme.example"


@pytest.fixture
def account_id(house: House) -> UUID:
    account_id = house.account()
    register(house, account_id)
    return account_id


def register(house: House, account_id: UUID, *, email: str = PAT, password: str = PASSWORD) -> User:
    return house.recstore.accounts.create_user(
        account_id, email=email, name="Pat", admin=False, password=password
    )


def sign_in(house: House, email: str = PAT, password: str = PASSWORD, origin: str = "192.0.2.1") -> str:
    return house.recstore.signin.sign_in(email, password, origin=origin).token


def viewer_of(house: House, token: str) -> Viewer | None:
    known = house.recstore.signin.session(token)
    return known.viewer if known else None


def test_a_session_is_whose_it_says_and_ends(house: House, account_id: UUID) -> None:
    token = sign_in(house, " PAT@Acme.example ")
    viewer = viewer_of(house, token)
    assert viewer is not None
    assert viewer.account_id == account_id
    house.clock.move(hours=12, microseconds=-1)
    assert viewer_of(house, token) == viewer
    house.clock.move(microseconds=1)
    assert viewer_of(house, token) is None
    again = sign_in(house)
    signed_in = viewer_of(house, again)
    assert signed_in is not None
    house.recstore.signin.sign_out(signed_in)
    assert viewer_of(house, again) is None


def test_attacker_learns_nothing_from_a_wrong_sign_in(house: House, account_id: UUID) -> None:
    gone = register(house, account_id, email="gone@acme.example")
    with house.catalog.change(account_id) as tx:
        row = tx.get(User, gone.id)
        assert row is not None
        row.inactive_since = house.clock()
    answers = set()
    for email, password in (
        (PAT, "wrong password"),
        ("nobody@acme.example", PASSWORD),
        ("gone@acme.example", PASSWORD),
        ("pat+x@acme.example", PASSWORD),
    ):
        with pytest.raises(SignInNeeded) as refused:
            sign_in(house, email, password)
        answers.add((refused.value.message, refused.value.code))
    assert len(answers) == 1


def test_somebody_who_moved_signs_in_to_the_account_they_are_in(house: House, account_id: UUID) -> None:
    second = house.account()
    register(house, second, password="another password")
    first_viewer = viewer_of(house, sign_in(house))
    second_viewer = viewer_of(house, sign_in(house, password="another password"))
    assert first_viewer is not None
    assert second_viewer is not None
    assert (first_viewer.account_id, second_viewer.account_id) == (account_id, second)
    house.deactivate(first_viewer)
    with pytest.raises(SignInNeeded):
        sign_in(house)
    assert sign_in(house, password="another password")


def fail(house: House, times: int, *, email: str = PAT, origin: str = "192.0.2.1") -> None:
    for _ in range(times):
        with pytest.raises(SignInNeeded):
            sign_in(house, email, "wrong password", origin)


def test_attacker_guesses_one_persons_password_from_many_places(house: House, account_id: UUID) -> None:
    for number in range(MOST_FAILURES_PER_ADDRESS):
        fail(house, 1, origin=f"192.0.2.{number}")
    with pytest.raises(Throttled) as throttled:
        sign_in(house, PAT.upper(), origin="198.51.100.1")
    assert throttled.value.retry_after == WINDOW.total_seconds()
    house.clock.now += WINDOW - timedelta(microseconds=1)
    with pytest.raises(Throttled):
        sign_in(house)
    house.clock.move(seconds=1)
    assert sign_in(house)


def test_attacker_locks_nobody_else_out(house: House, account_id: UUID) -> None:
    fail(house, MOST_FAILURES_PER_PLACE, origin="203.0.113.1")
    with pytest.raises(Throttled):
        sign_in(house, origin="203.0.113.1")
    assert sign_in(house, origin="192.0.2.1")


IPV6 = {
    "each address of a network": ("2001:db8:1:2::{:x}", "2001:db8:1:3::1"),
    "one address in many spellings": ("2001:db8:1:2:0:0:0:{:04x}", "2001:db8:1:3::1"),
    "an address of the other kind, written as one": ("::ffff:192.0.2.1", "::ffff:192.0.2.2"),
}


@pytest.mark.parametrize(("own", "foreign"), IPV6.values(), ids=IPV6)
def test_attacker_who_owns_an_ipv6_network_guesses_from_each_address_of_it(
    house: House, account_id: UUID, own: str, foreign: str
) -> None:
    for number in range(MOST_FAILURES_PER_PLACE):
        fail(house, 1, origin=own.format(number))
    with pytest.raises(Throttled):
        sign_in(house, origin=own.format(0xFFFF))
    assert sign_in(house, origin=foreign)


def test_attacker_who_owns_an_ipv6_network_tries_one_password_on_everybody(
    house: House, account_id: UUID
) -> None:
    for number in range(MOST_FAILURES_PER_ORIGIN):
        fail(house, 1, email=f"user{number}@acme.example", origin=f"2001:db8::{number:x}:1")
    with pytest.raises(Throttled):
        sign_in(house, origin="2001:db8::ffff")
    assert sign_in(house, origin="2001:db8:0:1::1")


def test_attacker_guesses_with_many_hands_at_once(any_house: House) -> None:
    register(any_house, any_house.account(), email=(email := f"{uuid4()}@acme.example"))

    def guess(_: int) -> type[RecstoreError]:
        with pytest.raises((SignInNeeded, Throttled)) as refused:
            sign_in(any_house, email, "wrong password", origin=email)
        return refused.type

    with ThreadPoolExecutor(12) as hands:
        answers = list(hands.map(guess, range(24)))
    assert answers.count(SignInNeeded) == MOST_FAILURES_PER_PLACE


def test_who_signs_in_well_is_not_counted(house: House, account_id: UUID) -> None:
    for _ in range(MOST_FAILURES_PER_PLACE + 1):
        assert sign_in(house)


def test_attacker_measures_whether_an_address_is_known(house: House, account_id: UUID) -> None:
    commits: list[object] = []
    note = commits.append
    event.listen(house.catalog.engine, "commit", note)
    counted = []
    for email in (PAT, "nobody@acme.example"):
        for times in (MOST_FAILURES_PER_PLACE, 1):  # wrong ones, then one that is not let try
            commits.clear()
            for _ in range(times):
                with pytest.raises((SignInNeeded, Throttled)):
                    sign_in(house, email, "wrong password", origin=email)
            counted.append(len(commits))
    event.remove(house.catalog.engine, "commit", note)
    assert counted[:2] == counted[2:]


def test_a_throttled_sign_in_is_noted_in_the_account(house: House, account_id: UUID) -> None:
    fail(house, MOST_FAILURES_PER_PLACE)
    with pytest.raises(Throttled):
        sign_in(house)
    entry = json.loads(house.journal(account_id)[-1].text)
    assert (entry["event"], entry["detail"]["code"]) == ("sign-in-refused", "too_many_attempts")


def test_neither_sessions_nor_tokens_come_back_with_their_user(house: House, account_id: UUID) -> None:
    ada = house.user(account_id, "ada", admin=True)
    token = house.recstore.accounts.create_token(account_id, scope=Scope.READ, user_email=PAT).token
    pat = house.recstore.signin.bearer(token)
    assert isinstance(pat, Known)
    for active in (False, True):
        house.recstore.membership.set_active(ada, pat.viewer.user_id, active=active)
    assert house.recstore.signin.bearer(token) is None


def test_attacker_guesses_many_peoples_passwords_from_one_place(
    house: House, account_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recstore.guessing.MOST_FAILURES_PER_ORIGIN", 5)
    assert MOST_FAILURES_PER_ORIGIN == 40
    for number in range(5):
        fail(house, 1, email=f"user{number}@acme.example")
    with pytest.raises(Throttled):
        sign_in(house)
    assert sign_in(house, origin="198.51.100.1")


def test_a_refused_sign_in_is_noted_in_the_account(house: House, account_id: UUID) -> None:
    fail(house, 1)
    fail(house, 1, email="nobody@acme.example")
    assert house.events(account_id).count("sign-in-refused") == 1


def test_tokens_are_of_two_kinds(house: House, account_id: UUID) -> None:
    make = house.recstore.accounts.create_token
    ingest = make(account_id, scope=Scope.INGEST, user_email=None).token
    assert isinstance(house.recstore.signin.bearer(ingest), Recorder)
    read = house.recstore.signin.bearer(make(account_id, scope=Scope.READ, user_email=PAT).token)
    assert read is not None
    assert not isinstance(read, Recorder)
    assert house.recstore.signin.bearer("made up") is None
    for scope, email in ((Scope.READ, None), (Scope.INGEST, PAT), (Scope.READ, "nobody@acme.example")):
        with pytest.raises(BadInput):
            make(account_id, scope=scope, user_email=email)


class TestSettingUp:
    @pytest.fixture
    def accounts(self, house: House) -> Accounts:
        return house.recstore.accounts

    def test_a_name_is_given_once_and_makes_keys_once(
        self, house: House, accounts: Accounts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        accounts.create("Acme", domains=["acme.example"])
        made = []
        original = type(accounts.agents.service).create_account
        monkeypatch.setattr(
            type(accounts.agents.service),
            "create_account",
            lambda agent, of: made.append(of) or original(agent, of),
        )
        with pytest.raises(Conflict):
            accounts.create(" Acme ", domains=["acme.example"])
        assert made == []

    def test_a_domain_told_twice_counts_once(self, house: House, accounts: Accounts) -> None:
        created = accounts.create("Acme", domains=["acme.example", "ACME.example", " acme.example"])
        assert len(house.snapshot(created.id)["domains"]) == 1

    def test_a_user_without_a_password_may_be_given_one_once(self, house: House, account_id: UUID) -> None:
        house.user(account_id, "ann")
        with pytest.raises(SignInNeeded):
            sign_in(house, "ann@acme.example")
        register(house, account_id, email="ann@acme.example")
        assert sign_in(house, "ann@acme.example")
        with pytest.raises(Conflict):
            register(house, account_id, email="ann@acme.example", password="a new password")
        assert sign_in(house, "ann@acme.example")

    @pytest.mark.parametrize("email", ["", "pat", "@acme.example", "pat@", "p t@acme.example"])
    def test_what_is_no_address_is_refused(self, house: House, account_id: UUID, email: str) -> None:
        before = house.snapshot(account_id)
        with pytest.raises(RecstoreError) as refused:
            register(house, account_id, email=email)
        assert refused.value.code == "bad_email"
        assert house.snapshot(account_id) == before

    def test_a_short_password_is_refused(self, house: House, account_id: UUID) -> None:
        before = house.snapshot(account_id)
        with pytest.raises(BadInput):
            register(house, account_id, email="new@acme.example", password="short")
        assert house.snapshot(account_id) == before

    def test_the_only_account_is_found_only_while_it_is(self, house: House) -> None:
        with pytest.raises(BadInput):
            only(house)
        first = house.account()
        assert only(house) == first
        house.account()
        with pytest.raises(BadInput):
            only(house)


def only(house: House) -> UUID:
    with house.catalog.front_desk() as desk:
        return accounts_of_catalog.only(desk).id


def test_attacker_uses_a_stolen_token_after_it_was_revoked(house: House, account_id: UUID) -> None:
    accounts = house.recstore.accounts
    kept = accounts.create_token(account_id, scope=Scope.INGEST, user_email=None)
    stolen = accounts.create_token(account_id, scope=Scope.INGEST, user_email=None)
    assert stolen.token not in repr(stolen)
    for _ in range(2):
        accounts.revoke_token(account_id, stolen.id)
    assert house.recstore.signin.bearer(stolen.token) is None
    assert house.recstore.signin.bearer(kept.token) is not None
    assert {row.id: row.revoked_at for row in accounts.tokens(account_id)} == {
        kept.id: None,
        stolen.id: house.clock(),
    }
    assert house.events(account_id).count("token-revoked") == 1


def test_attacker_revokes_another_accounts_token(house: House, account_id: UUID) -> None:
    accounts = house.recstore.accounts
    made = accounts.create_token(account_id, scope=Scope.INGEST, user_email=None)
    with pytest.raises(BadInput) as refused:
        accounts.revoke_token(house.account(), made.id)
    assert refused.value.code == "token_unknown"
    assert house.recstore.signin.bearer(made.token) is not None
