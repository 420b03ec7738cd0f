"""The page at an address that leads nowhere."""

import pytest

from tests.web.acme import World


@pytest.mark.parametrize("path", ["/nowhere", "/recordings/1-or-2", "/admin/nowhere"])
def test_somebody_signed_in_is_still_greeted_and_led_to_the_library(calm_world: World, path: str) -> None:
    answer = calm_world.signed_in("bo").get(path)
    assert answer.status_code == 404
    assert "<span>Bo</span>" in answer.text
    assert "Go to the library" in answer.text


def test_a_guest_is_led_to_sign_in(calm_world: World) -> None:
    answer = calm_world.guest().get("/nowhere")
    assert answer.status_code == 404
    assert "Sign out" not in answer.text
    assert '<a class="button" href="/sign-in">' in answer.text
