"""Bodies and query strings: what is read, and what is refused before it is."""

import pytest

from gateway.reading import MAX_BODY_BYTES
from tests.gateway.toy import GRAPHQL, JSON, code, only_error

# What is refused


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
async def test_other_methods_are_refused(client, method):
    response = await client.request(method, "")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    assert code(response) == "METHOD_NOT_ALLOWED"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": JSON, "content-encoding": "gzip"},
        {"content-type": JSON, "content-encoding": "identity, gzip"},
    ],
)
async def test_other_bodies_are_refused(client, headers):
    response = await client.post("", content=b'{"query":"mutation{rename}"}', headers=headers)

    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json; charset=utf-8"},
        {"content-type": 'Application/JSON;charset="UTF-8"'},
        {"content-type": JSON, "content-encoding": "identity"},
    ],
)
async def test_the_same_body_may_be_announced_otherwise(client, headers):
    response = await client.post("", content=b'{"query":"{later}"}', headers=headers)

    assert response.json() == {"data": {"later": "later"}}


HOSTILE = {
    "null": b"null",
    "a number": b"42",
    "a string": b'"x"',
    "a list": b"[]",
    "a list of lists": b"[[]]",
    "a batch": b'[{"query":"{later}"}]',
    "nothing": b"",
    "blanks": b" \n ",
    "half an object": b'{"query":',
    "no query": b"{}",
    "a null query": b'{"query":null}',
    "deep lists": b'{"query":"{later}","variables":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "33 levels": b'{"query":"{later}","a":' + b"[" * 32 + b"]" * 32 + b"}",
    "a huge integer": b'{"query":"{later}","variables":{"a":' + b"1" * 100_000 + b"}}",
    "a huge exponent": b'{"query":"{later}","variables":{"a":1e999999}}',
    "NaN": b'{"query":"{later}","variables":{"a":NaN}}',
    "Infinity": b'{"query":"{later}","variables":{"a":-Infinity}}',
    "2**63": b'{"query":"{later}","variables":{"a":9223372036854775808}}',
    "2**64": b'{"query":"{later}","variables":{"a":[18446744073709551616]}}',
    "-2**63 - 1": b'{"query":"{later}","variables":{"a":-9223372036854775809}}',
    "invalid UTF-8": b'{"query":"{later}","variables":{"a":"\xff"}}',
    "an encoded surrogate": b'{"query":"{later}","variables":{"a":"\xed\xa0\x80"}}',
    "a lone surrogate": b'{"query":"{later}","variables":{"a":"\\udfff"}}',
    "a lone surrogate as a key": b'{"query":"{later}","variables":{"\\ud800":1}}',
    "UTF-16": '{"query":"{later}"}'.encode("utf-16"),
}


@pytest.mark.parametrize("accept", [JSON, GRAPHQL])
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
async def test_a_hostile_body_is_refused_in_a_sentence(client, reported, body, accept):
    headers = {"content-type": JSON, "accept": accept}

    response = await client.post("", content=body, headers=headers)

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert not reported


async def test_the_largest_values_are_accepted(client):
    nested = b"[" * 31 + b"]" * 31
    numbers = b"[9223372036854775807, -9223372036854775808, 1e18]"
    body = b'{"query":"{later}","a":' + nested + b',"b":' + numbers + b"}"

    response = await client.post("", content=body, headers={"content-type": JSON})

    assert response.json() == {"data": {"later": "later"}}


@pytest.mark.parametrize(
    "given",
    [
        {"query": 1},
        {"query": ["{later}"]},
        {"operationName": 1},
        {"operationName": {}},
        {"variables": "{}"},
        {"variables": []},
        {"variables": False},
        {"extensions": 0},
        {"extensions": []},
    ],
)
async def test_parameters_of_a_wrong_type_are_named(client, given):
    response = await client.post("", json={"query": "{ later }", **given})

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")
    assert f"`{next(iter(given))}`" in only_error(response)["message"]


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "other=1",
        "query={later}&variables={",
        "query={later}&variables=[]",
        "query={later}&variables=" + "[" * 5_000,
        "query={later}&variables={%22a%22:NaN}",
        "query={later}&variables={%22a%22:18446744073709551616}",
        "query={later}&extensions=1",
        "query={later}%ff",
        "query={later}&variables={%22a%22:%22%ed%a0%80%22}",
        "query={later}" + "&a=1" * 100,
    ],
)
async def test_a_hostile_query_string_is_refused_in_a_sentence(client, query_string):
    response = await client.get("?" + query_string)

    assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


# How large


async def test_a_body_announced_as_too_large_is_not_read(client):
    async def never():
        raise AssertionError("the body was read")
        yield b""

    for length in (str(MAX_BODY_BYTES + 1), "10737418240", "9" * 5_000):
        headers = {"content-type": JSON, "content-length": length}
        response = await client.post("", content=never(), headers=headers)

        assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
        assert response.headers["connection"] == "close"


async def test_endless_chunks_are_cut_after_the_limit(client):
    sent = 0

    async def endless():
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    response = await client.post("", content=endless(), headers={"content-type": JSON})

    assert (response.status_code, code(response)) == (413, "PAYLOAD_TOO_LARGE")
    assert sent <= MAX_BODY_BYTES + 65_536


async def test_a_small_announcement_does_not_admit_a_large_body(client):
    headers = {"content-type": JSON, "content-length": "10"}

    response = await client.post("", content=b" " * 2 * MAX_BODY_BYTES, headers=headers)

    assert response.status_code == 413


async def test_a_body_of_exactly_the_limit_is_read(client):
    body = b'{"query":"{later}"}'.ljust(MAX_BODY_BYTES)

    response = await client.post("", content=body, headers={"content-type": JSON})

    assert response.json() == {"data": {"later": "later"}}
