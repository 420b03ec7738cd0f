"""Browsers before an application over a test house: its clock is set, and it runs on either database."""

from apiflask import APIFlask

from recstore.access.viewer import Viewer
from tests.core_fixtures import House
from tests.web.acme import Browser


def browse(app: APIFlask, house: House, viewer: Viewer) -> Browser:
    """Give a browser in which this viewer is signed in, with a session of its own."""
    session = house.session(viewer.account_id, viewer.user_id)
    client = app.test_client()
    client.set_cookie("recstore_session", house.cookies[session.credential_id])
    answer = client.get("/api/v1/session")
    assert answer.status_code == 200, answer.text
    return Browser(client, answer.json["csrf_token"])
