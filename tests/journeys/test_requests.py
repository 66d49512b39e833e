"""Requests that no page of ours sends: refused as a whole, and nothing is moved, sent or written by them."""

from __future__ import annotations

import random
from urllib.parse import quote, urlencode

import pytest
import requests
from servers.event_log import events
from servers.keyback import HOST, Keyback
from servers.outfit import opens
from servers.slapd import PASSWORD, PEOPLE, Slapd
from servers.story import NEW, Post, Story, solve_on, wait_until

pytestmark = pytest.mark.parametrize("keyback", [("sqlite", 2)], indirect=True, ids=["sqlite-2"])

FORM = "application/x-www-form-urlencoded"


def send(story: Story, path: str, body: bytes | str, **headers: str) -> requests.Response:
    """A request as somebody with a tool sends it, from the browser that holds the recovery."""
    cookie = "; ".join(f"{name}={value}" for name, value in story.browser.cookies.items())
    usual = {"Host": HOST, "Cookie": cookie, "Content-Type": FORM, "Sec-Fetch-Site": "same-origin"}
    usual["X-Forwarded-For"] = story.browser._headers["X-Forwarded-For"]
    sent = {name: value for name, value in {**usual, **headers}.items() if value}
    return requests.post(story.browser.base + path, body, headers=sent, allow_redirects=False, timeout=20)


@pytest.fixture
def answering(somebody: Story) -> tuple[Story, str, str, str]:
    """Somebody who is asked for a code, the path, the right code and the good token."""
    somebody.start()
    somebody.pick_mail()
    code = somebody.post.mail_code(somebody.mail)
    return somebody, f"/recover/{somebody.recovery_id}", code, somebody.here().form.fields["token"]


# In each the right code stands somewhere, and is not to be found.
BODIES = (
    "token={t}&move=continue&code={c}&code={c}",
    "token={t}&token={t}&move=continue&code={c}",
    "token={t}&move=continue&move=continue&code={c}",
    "token={t}&move=continue&code={c}&code=",
    "token={t}&move=continue&code[]={c}",
    "token={t}&move=continue&code[0]={c}",
    "token={t}&move=continue&code.0={c}",
    "token={t}&move=continue&Code={c}",
    "token={t}&move=continue&answer={c}",
    "token={t}&move=continue&code={c}&method=email",
    "token={t}&move=continue&code={c}&person=admin",
    "token={t}&move=continue&code={c}&proofs=2",
    "token={t}&move=continue&code={c}&stage=renewing",
    "token={t}&move=continue&code={c}&new_password=x",
    "token={t}&move=continue&code={c}&offer=email",
    "token={t}&move=continue&code={c}&destination=%2B15550000000",
    "token={t}&move=continue&code={c}&recovery_id=1",
    "token={t}&move=prove&code={c}",
    "token={t}&move=&code={c}",
    "token={t}&code={c}",
    "move=continue&code={c}",
    "token={t};move=continue;code={c}",
    "token={t}&move=continue&code=%FF{c}",
    "token={t}&move=continue&code=%ED%A0%80{c}",
    '{{"token":"{t}","move":"continue","code":"{c}"}}',
    "code={c}&" * 60 + "token={t}&move=continue",
)


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_no_page_sends_is_refused(
    answering: tuple[Story, str, str, str], keyback: Keyback, body: str
) -> None:
    story, path, code, token = answering
    answer = send(story, path, body.format(t=token, c=code))
    assert answer.status_code in {400, 413}, answer.text
    assert_unmoved(story, keyback)


VALUES = (
    "{c},{c}", "{c} {c}", "{c}\n{c}", "{c}|{w}", "null", "true", "NaN", "-1", "0", "1e8", "[]", "{{}}", "' OR 1=1 --",
    "{c}x", "x{c}", "{c}0", "0{c}", "\\u0031", "%", "%00", "٠" * 9, "²" * 8, "十" * 8, "🔑" * 8,
    "0x" + "1" * 6, "*" * 8,
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
def test_what_cannot_be_the_code_is_neither_judged_nor_counted(
    answering: tuple[Story, str, str, str], keyback: Keyback, value: str
) -> None:
    story, path, code, token = answering
    typed = value.format(c=code, w=code[::-1])
    answer = send(story, path, urlencode({"token": token, "move": "continue", "code": typed}))
    assert answer.status_code == 422, answer.text
    assert_unmoved(story, keyback)


@pytest.mark.parametrize(
    "typed", ["{a} {b}", "{a}-{b}", " {a}{b} ", "{a}\N{ZERO WIDTH SPACE}{b}", "{wide}", "{arabic}"]
)
def test_a_code_as_people_type_it_is_taken(answering: tuple[Story, str, str, str], typed: str) -> None:
    story, _, code, _ = answering
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    arabic = "".join(chr(0x0660 + int(digit)) for digit in code)
    assert story.type_code(typed.format(a=code[:4], b=code[4:], wide=wide, arabic=arabic)).stage == "choosing"


HEADERS = (
    {"Content-Type": "application/json"},
    {"Content-Type": "text/plain"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "", "Origin": "null"},
    {"Sec-Fetch-Site": "", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "", "Origin": f"https://sub.{HOST}"},
    {"Sec-Fetch-Site": "", "Origin": f"http://{HOST}"},
    {"Host": "evil.example"},
    {"Host": f"{HOST}.evil.example"},
    {"Host": f"{HOST}:81"},
)


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_a_form_from_elsewhere_or_in_other_clothes_is_refused(
    answering: tuple[Story, str, str, str], keyback: Keyback, headers: dict[str, str]
) -> None:
    story, path, code, token = answering
    answer = send(story, path, urlencode({"token": token, "move": "continue", "code": code}), **headers)
    assert answer.status_code in {400, 403, 415}
    assert "evil.example" not in answer.text + str(answer.headers)
    assert_unmoved(story, keyback)


def test_a_spoofed_host_is_in_no_mail(somebody: Story, post: Post) -> None:
    somebody.browser._headers |= {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    somebody.start()
    somebody.pick_mail()
    somebody.post.mail_code(somebody.mail)
    (mail,) = [mail.raw for mail in post.mail.messages if somebody.mail in mail.recipients]
    assert b"evil.example" not in mail


def test_ten_megabytes_are_not_read(answering: tuple[Story, str, str, str], keyback: Keyback) -> None:
    story, path, code, token = answering
    body = urlencode({"token": token, "move": "continue", "code": code}) + "&x=" + "1" * 10_000_000
    try:
        assert send(story, path, body).status_code == 413
    except requests.ConnectionError:
        # The server hung up in the middle of it, which is an answer too.
        assert story.reload().status == 200
    assert_unmoved(story, keyback)


def assert_unmoved(story: Story, keyback: Keyback) -> None:
    """Nothing was judged: the same turn, no event, and the form in the browser is still good."""
    assert {"proof.missed", "proof.given"} & set(events(keyback, story.recovery_id)) == set()
    assert story.reload().form.fields["token"] == story.here().form.fields["token"]


INVISIBLE = (0, 1, 9, 10, 13, 27, 127, 0x85, 0xAD, 0x200B, 0x200E, 0x202E, 0x2028, 0x2060, 0xFEFF)
FILTERS = (
    "{0}*", "*", "{0})(uid=*", "{0}\\2a", "\\", "({0})", "{0}#", '"{0}"', "<{0}>", "{0};", "{0},dc=x", "%{0}%", "${0}",
)  # fmt: skip
LIKENESSES = ("рaul", "ſ", "ı", "ﬁ", "ß", "\N{KELVIN SIGN}", "０１", "①", "²", "З")
NO_TEXT = ("%ED%A0%80", "a%ED%BF%BF", "%FF", "%C0%AF", "%E2%82", "%F4%90%80%80", "%u0041", "%", "%%", "%4")
REALMS = [
    (left, right) for left in ("ACME\\", "a/", "a@b@", "@", "..", "\\\\") for right in ("", "@", "@x.example", "@.")
]


def odd_names(victim: str) -> list[str]:
    """Two hundred spellings, percent-encoded as they stand in a form."""
    signs = [chr(number) for number in INVISIBLE]
    names = [form for sign in signs for form in (sign, sign + victim, victim + sign, f"{victim[:2]}{sign}{victim[2:]}")]
    names += [form.format(victim) for form in FILTERS]
    names += [victim + likeness for likeness in LIKENESSES]
    names += ["a" * length for length in (255, 256, 257, 1000, 5000, 20_000)]
    names += [sign * 300 for sign in ("é", "🔑", "\u0301", " ", ".", "@")]
    names += [f"{left}{victim}{right}" for left, right in REALMS]
    chance = random.Random(7)
    while len(names) < 200 - len(NO_TEXT):
        names.append("".join(chr(chance.randrange(1, 0x2100)) for _ in range(9)))
    return [*map(quote, names), *NO_TEXT]


def test_two_hundred_spellings_break_nothing_and_tell_nothing(somebody: Story, keyback: Keyback, slapd: Slapd) -> None:
    statuses = set()
    assert len(odd_names(somebody.name)) == 200
    for n, name in enumerate(odd_names(somebody.name)):
        visitor = Story.of(keyback, somebody.post, "")
        page = visitor.browser.get("/recover")
        body = f"identifier={name}&{urlencode({'proof_of_work': solve_on(page)})}"
        answer = send(visitor, "/recover", body)
        statuses.add(answer.status_code)
        # A start, a sentence at the field, or a form that cannot be read: never a fault, never who exists.
        assert answer.status_code in {303, 400, 413, 422}, (n, name, answer.status_code)
    # 413: some of these names are longer than the whole form may be.
    assert statuses == {303, 400, 413, 422}
    assert b"a page broke" not in keyback.log.read_bytes()
    assert opens(slapd, somebody, PASSWORD)


def test_everything_sent_again_after_the_end_changes_nothing(somebody: Story, keyback: Keyback, slapd: Slapd) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    post = somebody.browser.post

    def recorded(path: str, fields: dict[str, str], **more: str) -> object:
        sent.append((path, fields))
        return post(path, fields, **more)  # type: ignore[arg-type]

    somebody.browser.post = recorded  # type: ignore[method-assign, assignment]
    somebody.whole()
    somebody.browser.post = post  # type: ignore[method-assign]
    # What became of a message is written a moment after it was sent.
    wait_until(lambda: events(keyback, somebody.recovery_id).count("message.sent") == 2, "both messages' events")
    log = events(keyback, somebody.recovery_id)
    assert len(sent) == 6
    for path, fields in sent * 2:
        answer = post(path, fields)
        # The first one is a start, whose robot check is spent; the others show how it ended.
        assert (answer.status, answer.stage) in {(422, "start"), (409, "done")}, answer.text
    assert [name for name in events(keyback, somebody.recovery_id) if not name.startswith("notice")] == [
        name for name in log if not name.startswith("notice")
    ]
    assert slapd.writes(f"uid={somebody.name},{PEOPLE}") == 1
    assert opens(slapd, somebody, NEW)


MOVES = ("continue", "back", "again", "more_time")
GUESSES = (
    {}, {"offer": "email"}, {"offer": "sms"}, {"offer": "sms", "destination": "+15550000000"}, {"offer": "saved_codes"},
    {"offer": "email.0"}, {"offer": "saved_codes.0"}, {"code": "12345678"}, {"code": "0123-4567-89AB-CDEF"},
    {"code": ""}, {"new_password": NEW, "new_password_again": NEW}, {"new_password": "", "new_password_again": NEW},
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_no_walk_without_a_right_answer_comes_to_a_password_page(
    somebody: Story, keyback: Keyback, slapd: Slapd, seed: int
) -> None:
    walk = random.Random(seed)
    page = somebody.start()
    for _ in range(25):
        token = page.form.fields.get("token", "") if page.forms and page.stage != "closed" else "0" * 64
        fields = {"token": token, "move": walk.choice(MOVES), **walk.choice(GUESSES)}
        answer = somebody.browser.post(f"/recover/{somebody.recovery_id}", fields)
        assert answer.status < 500, (fields, answer.text)
        assert "new_password" not in answer.html
        page = somebody.reload()
        assert page.stage in {"choosing", "answering", "closed"}
    assert "proof.given" not in events(keyback, somebody.recovery_id)
    assert slapd.writes(f"uid={somebody.name},{PEOPLE}") == 0


def test_pages_of_two_recoveries_cannot_be_mixed(somebody: Story, keyback: Keyback, post: Post) -> None:
    somebody.start()
    somebody.prove()
    other = Story.of(keyback, post, "somebody.else.entirely")
    other.start()
    mine, theirs = somebody.here().form.fields, other.here().form.fields
    wish = {"move": "continue", "new_password": NEW, "new_password_again": NEW}
    for holder, path, form in (
        (other, somebody, mine), (other, other, mine), (other, somebody, theirs), (somebody, other, mine),
        (somebody, other, theirs), (somebody, somebody, theirs),
    ):  # fmt: skip
        answer = holder.browser.copy().post(f"/recover/{path.recovery_id}", {"token": form["token"], **wish})
        assert answer.status in {403, 409}
    assert "password.intended" not in events(keyback, somebody.recovery_id)


def test_looking_changes_nothing(somebody: Story, keyback: Keyback, post: Post) -> None:
    somebody.start()
    somebody.pick_mail()
    somebody.post.mail_code(somebody.mail)
    path = f"/recover/{somebody.recovery_id}"
    # What became of a message is written a moment after it was sent.
    wait_until(lambda: "message.sent" in events(keyback, somebody.recovery_id), "the message's event")
    before = events(keyback, somebody.recovery_id)
    mails, texts = post.mails(somebody.mail), post.texts_to(somebody.phone)
    for _ in range(3):
        for address in (
            "/", "/recover", "/go/alderwick?login_hint=jo", path, f"{path}/stage", f"{path}?method=sms", "/readyz",
            f"{path}?token={somebody.here().form.fields['token']}&move=cancel", f"{path}?code=12345678&move=continue",
        ):  # fmt: skip
            assert somebody.browser.copy().get(address).status == 200
    for verb in ("HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        answer = requests.request(verb, keyback.url + path, headers={"Host": HOST}, timeout=10)
        assert answer.status_code in {400, 403, 404, 405, 501}
    assert events(keyback, somebody.recovery_id) == before
    assert (post.mails(somebody.mail), post.texts_to(somebody.phone)) == (mails, texts)
    assert somebody.reload().stage == "answering"
