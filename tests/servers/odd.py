"""What no person types and no browser sends, by the place where it stands."""

from __future__ import annotations

from urllib.parse import quote

# Whatever comes back with this in it was not escaped.
MARK = "\"><kb-odd a='1'"
MARKED = quote(MARK, safe="")

_LONG = (
    "9" * 5000,
    "a" * 63_000,
    "%C3%A9" * 9000,
    "%F0%9F%94%91" * 5000,
    "%00" * 2000,
    "(" * 20_000,
    "%E2%80%AE" * 900,
)
# Values of a field, as they stand in a form. None of them is a right answer to anything, however it is folded.
VALUES = (
    "",
    "null", "true", "NaN", "-1", "0", "1e8", "1.5", "[]", "%7B%7D", "%5B1%2C2%5D", "%5Bnull%5D", "%00", "a%00b",
    "%0D%0AX%3A%201", "%0A", "%09", "%1B%5B31m", "%", "%%", "%4", "%zz", "%u0041", "%FF", "%C0%AF", "%ED%A0%80",
    "%F4%90%80%80", "%E2%82", "%EF%BF%BE", "%EF%BB%BF", "%E2%80%AE", "%C2%B2%C2%B3", "%D9%A1", "%F0%9F%94%91",
    "%CC%81" * 300, "..%2F..%2Fetc%2Fpasswd", "%27%20OR%201%3D1%20--", "*)(uid=*", "%7B%7B7*7%7D%7D", "%24%7Bx%7D",
    "a,b", "a;b", "a|b", "%2B", "+", "+" * 300, MARKED, MARKED * 50, f"a%00{MARKED}", *_LONG,
)  # fmt: skip
# Encoded so that no browser would; each is put behind a value.
ENCODINGS = (b"%FF", b"\xff", b"%C0%AF", b"%ED%A0%80", b"%E2%82", b"\xc3\xa9", b"\x00", b"%ff%fe", b"\xed\xa0\x80")
NAMES = (
    "person", "stage", "proofs", "recovery_id", "method", "__proto__", "constructor",
    "admin", "", "%00", "%FF", "token%5B%5D", "code%5B0%5D", "code.0", "Code", "TOKEN", "token%20", "answer-0",
    "answer-100", MARKED, "x" * 9000,
)  # fmt: skip
TYPES = (
    "", "application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data",
    "multipart/form-data; boundary=kb", "multipart/form-data; boundary=" + "x" * 900, "application/xml",
    "application/octet-stream", "application/x-www-form-urlencoded, application/json", "/", ";", "a" * 3000,
    "text/html; " + MARK, "\xff\xfe",
)  # fmt: skip
# A body that is no form, whatever it says that it is.
BODIES = (
    b"", b"&", b"=", b"&&&&", b"a", b"token", b"%", b"\x00", b"\xff\xfe", b"[]", b"null", b"3", b'"', b"{",
    b"[" * 5000, b'{"token": null, "move": ["continue"], "code": 12345678}', b'{"move": {"$ne": 1}}',
    b"\x1f\x8b\x08" + b"\0" * 99, "token=a&move=continue".encode("utf-16"),
    b"--kb\r\nContent-Disposition: form-data; name=\"move\"\r\n\r\ncontinue\r\n", b"--kb\r\n" * 500,
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", b"a=1&" * 60,
    b"&" * 60_000, b"token=1;move=continue",
)  # fmt: skip
HOSTS = (
    "", "evil.example", "{host}.evil.example", "{host}:81", "{host}:", "{host}@evil.example", "evil.example@{host}",
    "[::1]", "127.0.0.1", "*", "%00", MARK, "x" * 3000, "{host},evil.example", "\xff", "{host}.",
)  # fmt: skip
SITES = ("cross-site", "same-site", "none", "", "SAME-ORIGIN", "same-origin, same-origin", MARK, "\xff", "x" * 3000)
# What comes instead of the journey's cookie; `{c}` is the right one's value.
COOKIES = (
    "", "=",
    ";", "{n}", "{n}=", "{n}=.", "{n}=a.b", "{n}={c}; {n}={c}", "{n}={c}; {n}=", "{n}={c}x", "{n}=x{c}", '{n}="{c}"',
    "{n}=" + "a" * 4000, "{n}=" + "." * 500, "{n}=\xff", "{n}=%00", "{n}=" + MARK, "a=1; " * 900, "x{n}={c}",
    "{n}x={c}", "$Version=1; {n}=a",
)  # fmt: skip
# The whole target of a request; `{p}` is a path that there is.
TARGETS = (
    "{p}/", "/{p}", "{p}%00", "{p}%2F", "{p}%2e%2e", "{p}/..", "/..{p}", "/.{p}", "{p};x=1", "{p}\\", "{p}%5C",
    "{p}%FF", "{p}%C0%AF", "{p}%ED%A0%80", "{p}%", "{p}%zz", "{p}\xff", "{p}.css", "{p}/x", "{p}" + "a" * 3000,
    "/" * 300 + "{p}", "/%2e%2e/%2e%2e/etc/passwd", "/static/%2e%2e%2f%2e%2e%2fkeyback.key", "/" + MARKED,
    "{p}/" + MARKED, "/" + "%00" * 300, "//evil.example{p}", "/\\evil.example", "/.git/config", "/wp-login.php",
    "{p}%0d%0aX:1",
)  # fmt: skip
# Nothing of it may matter to anybody.
QUERIES = (
    "", "?", "?language=de", "?language=de&language=en", "?language=" + MARKED, "?language=../../", "?language[]=de",
    "?language=de&x=" + MARKED, "?language=de&%FF=%FF", "?ui_locales=" + "de%20" * 300, "?login_hint=" + MARKED,
    "?login_hint=a&login_hint=b", "?login_hint=" + "%00" * 90, "?method=" + MARKED, "?method=sms&method=email",
    "?return_to=//evil.example", "?return_to[]=1", "?%FF=%FF", "?" + "a=1&" * 900, "?&&&==",
    "?login_hint=" + "%F0%9F%94%91" * 200, "?login_hint=%ED%A0%80", "?move=cancel", "?x=" + "y" * 3500,
)  # fmt: skip
VERBS = (
    "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "PATCH", "BREW", "PROPFIND", "QUERY", "X" * 20, "get", "Post",
    "GETGETGETGETGETGETGETGETGETGET", "CONNECT",
)  # fmt: skip
EXTRAS = (
    ("X-Forwarded-For", MARK), ("X-Forwarded-For", "1.2.3.4," * 300), ("X-Forwarded-For", "::ffff:999.1.1.1"),
    ("X-Forwarded-For", "\xff"), ("X-Forwarded-Host", "evil.example"), ("Forwarded", "host=evil.example;for=" + MARK),
    ("X-HTTP-Method-Override", "DELETE"), ("Accept", "\xff" * 300), ("Accept-Language", "de;q=" + "9" * 900),
    ("Accept-Encoding", "gzip;q=x, br, " * 90), ("Range", "bytes=0-,1-,2-,-9"), ("Range", "bytes=9-1"),
    ("Referer", MARK), ("Referer", "http://[::1"), ("If-None-Match", '"' * 900), ("If-Modified-Since", "yesterday"),
    ("User-Agent", MARK * 40), ("Connection", "keep-alive, Host, Cookie"), ("Upgrade", "h2c"),
    ("Content-Encoding", "gzip"), ("Authorization", "Basic x"), ("X_Forwarded_For", "1.2.3.4"), ("Date", "-1"),
    ("Via", "x" * 3000), ("Max-Forwards", "9" * 900), ("Trailer", "Host"),
)  # fmt: skip
