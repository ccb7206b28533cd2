"""Hostile requests: each at most 1 MiB, each to be refused, each made to cost as much as it can."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from types import MappingProxyType

import orjson

MIB = 2**20


def _words(count: int, length: int, between: str = " ") -> str:
    dice = Random(count * length)  # noqa: S311 - the same words each time are the point
    letters = "abcdefghijklmnop"
    return between.join("".join(dice.choices(letters, k=length)) for _ in range(count))


def _chain(name: str, size: int, body: str = "") -> str:
    links = (f"fragment {name}{i} on Query{{{body} ...{name}{i + 1}}}" for i in range(size))
    return "".join(links) + f"fragment {name}{size} on Query{{nothing}}"


def _doubling(levels: int, below: str) -> str:
    links = (
        f"fragment f{i} on Query{{{below.replace('NEXT', f'...f{i + 1}')}}}" for i in range(levels)
    )
    return "{...f0}" + "".join(links) + f"fragment f{levels} on Query{{__typename}}"


def _times(count: int, text: str) -> str:
    return " ".join(text.replace("#", str(n)) for n in range(count))


DOCUMENTS: Mapping[str, str] = MappingProxyType(
    {
        "doubling fragments": _doubling(60, "a:__typename NEXT NEXT"),
        "doubling fields": _doubling(60, 'a:order(id:"x"){id} b:order(id:"y"){id} NEXT NEXT'),
        "a chain of fragments": "{...a0}" + _chain("a", 95),
        "a long chain of fragments": "{...a0}" + _chain("a", 300),
        "two chains of fragments": "{...a0 ...b0}" + _chain("a", 45) + _chain("b", 45),
        "two chains that repeat": "{...a0 ...b0}"
        + _chain("a", 45, "x:__typename")
        + _chain("b", 45, "x:__typename"),
        "cycles of fragments": "{...c0}"
        + _times(99, "fragment c# on Query{...c0 ...c1 ...c2 ...c3 ...c4 ...c98}"),
        "a cycle through all fragments": "{...d0}"
        + "".join(f"fragment d{n} on Query{{...d{(n + 1) % 99}}}" for n in range(99)),
        "fragments side by side": "{"
        + _times(99, "...f#")
        + "}"
        + _times(99, "fragment f# on Query{nothing}"),
        "unknown fragments": "{" + _times(990, "...x#") + "}",
        "unused fragments": "{__typename}" + _times(99, "fragment f# on Query{__typename x}"),
        "equal fields": "{" + "__typename " * 1_990 + "}",
        "equal fields with arguments": "{" + 'order(id:"a"){id}' * 220 + "}",
        "equal fields below equal fields": '{order(id:"a"){' + "lines{product{sku}} " * 240 + "}}",
        "equal fields in inline fragments": "{"
        + _times(18, "...{a:order(id:$v){lines{" + "product{sku}" * 9 + "}}}")
        + "}",
        "equal fields with large arguments": "{"
        + _times(19, "products(skus:[" + '"a"' * 90 + "]){nothing}")
        + "}",
        "arguments that differ": "{" + _times(19, 'order(id:"#" ref:"#" number:"#"){id x}') + "}",
        "unknown fields": "{order{" + _words(190, 14) + "}" + "}",
        "unknown fields in places": '{order(id:"a"){'
        + " ".join(f"lines{{{_words(90, 11)}}}" for _ in range(18))
        + "}}",
        "unknown arguments": "{order(" + _words(600, 9, ":1 ") + ":1){id}}",
        "unknown types": '{node(id:"x"){'
        + " ".join(f"...on {word}{{id}}" for word in _words(180, 14).split())
        + "}}",
        "unknown enum values": "{orders(first:1 states:["
        + _words(1_900, 14)
        + "]){edges{cursor}}}",
        "unknown directives": "{__typename " + "@x" * 900 + "}",
        "repeated directives": "{__typename " + "@skip(if:true)" * 300 + "}",
        "unused variables": "query(" + _times(490, "$a#:Int") + "){__typename}",
        "unknown variables": '{order(id:"a"){'
        + _times(120, "a#:journal(first:$a# after:$b#){edges{cursor}}")
        + "}}",
        "unknown input fields": "{findCustomers(by:{" + _words(600, 9, ":1 ") + ":1}){id}}",
        "aliases": "{" + _times(600, "a#:__typename") + "}",
        "aliases below": '{order(id:"a"){' + _times(600, "a#:id") + "}}",
        "operations": _times(200, "query q#{...f}") + "fragment f on Query{__typename}",
        "operations over a chain": _times(20, "query q#{...a0}") + _chain("a", 95),
        "nothing but depth": '{order(id:"a")'
        + "{customer{orders{edges{node" * 90
        + "{id}"
        + "}}}}" * 90
        + "}",
        "deeper than can be parsed": "{a" * 990 + "}" * 990,
        "nested lists": "{products(skus:" + "[" * 900 + "]" * 900 + "){id}}",
        "nested objects": "{findCustomers(by:" + "{a:" * 480 + "1" + "}" * 480 + "){id}}",
        "a nested type": "query($v:" + "[" * 990 + "Int" + "]" * 990 + "){__typename}",
        "a long name": "{" + "x" * 65_000 + "}",
        "a long text": '{order(id:"' + "x" * 65_000 + '"){x}}',
        "a long text of escapes": '{order(id:"' + "\\u0061" * 10_800 + '"){x}}',
        "a long block of text": '{order(id:"""' + "\n x" * 21_000 + '"""){x}}',
        "blanks": "{" + " " * 65_000 + "x}",
        "line ends": "{" + "\n" * 65_000 + "x}",
        "comments": "#\n" * 999 + "{x}",
        "a long comment": "#" + "x" * 65_000 + "\n{x}",
        "too many comments": "#\n" * 30_000 + "{x}",
        "too many tokens": "{" + "a " * 30_000 + "}",
        "too long": "{" + "a " * (MIB // 2 - 100) + "}",
        "too long, of wide characters": '{a(b:"\U0001f4a5' + "x" * (MIB - 200) + '")}',
        "text without an end": '{order(id:"' + "x" * 65_000,
        "a number without an end": "{order(id:" + "1" * 65_000 + "){x}}",
    }
)
"""By name; each is refused whoever asks."""

_ASKED = b'{"query":"{x}","variables":{"a":%b}}'

BODIES: Mapping[str, bytes] = MappingProxyType(
    {
        "many numbers": _ASKED % (b"[" + b"1," * (MIB // 2 - 100) + b"1]"),
        "many lists": _ASKED % (b"[" + b"[]," * (MIB // 3 - 100) + b"[]]"),
        "many objects": _ASKED % (b"[" + b"{}," * (MIB // 3 - 100) + b"{}]"),
        "many filled objects": _ASKED
        % (b"[" + b",".join(b'{"a%d":1}' % n for n in range(80_000)) + b"]"),
        "many keys": _ASKED % (b"{" + b",".join(b'"%d":1' % n for n in range(88_000)) + b"}"),
        "as many values as are read": _ASKED % (b"[" + b'{"a":[]},' * 6_600 + b"1]"),
        "deep lists": _ASKED % (b"[" * 500_000 + b"]" * 500_000),
        "deep objects": b'{"a":' * 170_000 + b"1" + b"}" * 170_000,
        "one long text": _ASKED % (b'"' + b"x" * (MIB - 100) + b'"'),
        "one long text of wide characters": _ASKED
        % (b'"\xf0\x9f\x92\xa5' + b"x" * (MIB - 100) + b'"'),
        "one long number": _ASKED % (b"1" * (MIB - 100)),
        "a text without an end": b'{"query":"' + b"x" * (MIB - 100),
        "blanks": b" " * (MIB - 100),
        "a batch": b"[" + b'{"query":"{__typename}"},' * 40_000 + b"1]",
        "bytes that are no text": b"\xff" * (MIB - 100),
    }
)
"""Bodies that are no GraphQL, or hold variables that nobody asked for."""


def bodies() -> Mapping[str, bytes]:
    """All of them, as bodies of a POST."""
    written = {name: orjson.dumps({"query": text}) for name, text in DOCUMENTS.items()}
    return {**written, **{f"JSON: {name}": body for name, body in BODIES.items()}}
