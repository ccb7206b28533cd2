"""What invented people are called and where they live."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from domain.catalog import words


class Names(Struct, frozen=True):
    """First names, last names, streets, and cities with their postcodes."""

    first: tuple[str, ...]
    last: tuple[str, ...]
    streets: tuple[str, ...]
    cities: tuple[tuple[str, str], ...]


def _names(first: str, last: str, streets: str, cities: str) -> Names:
    places = (city.rsplit(" ", 1) for city in cities.split(", "))
    return Names(
        tuple(first.split()),
        tuple(last.split()),
        tuple(streets.split(", ")),
        tuple((name, postcode.replace("_", " ")) for name, postcode in places),
    )


NAMES: Mapping[str, Names] = MappingProxyType(
    {
        "SE": _names(
            "Alva Axel Birgitta Björn Ebba Edvin Elsa Emil Freja Gustav Hanna Hugo Ida Jonas Karin "
            "Klara Lars Linnea Ludvig Märta Nils Olle Petra Sixten Stina Sven Tove Viktor Åsa",
            "Ahlberg Bergman Björk Dahlin Ekström Forsell Granqvist Hedlund Holm Isaksson Kvist "
            "Lindahl Lund Nordin Norell Palm Rosén Sandell Sjögren Strand Säfström Wikner Åkesson",
            "Björkgatan, Hantverkargatan, Kyrkogatan, Ringvägen, Skolgatan, Storgatan, Ängsvägen",
            "Stockholm 118_20, Göteborg 413_01, Malmö 214_32, Umeå 903_26, Uppsala 753_20",
        ),
        "NO": _names(
            "Anders Astri Bjørn Eirik Frida Gro Håkon Ingrid Jørgen Kari Lars Magnus Marit Nora "
            "Ragnhild Sindre Siri Solveig Tor",
            "Aas Bakke Dahl Eide Fossum Haugen Lie Moen Nygård Ruud Sande Solberg Tangen Vik Østby",
            "Bryggegata, Fjellveien, Kirkegata, Markveien, Strandgata, Torggata",
            "Oslo 0554, Bergen 5003, Trondheim 7014, Drammen 3015",
        ),
        "FI": _names(
            "Aino Antti Eero Eeva Helmi Ilona Jukka Kaisa Lauri Leena Matti Mika Oona Päivi Risto "
            "Saara Tapio Tuula Väinö Ville",
            "Aalto Hakala Heino Järvi Kallio Koivu Laine Lehto Mäki Niemi Peltola Rinne Salo Virta",
            "Hämeentie, Kirkkokatu, Koivukuja, Mäkelänkatu, Rantatie, Satamakatu",
            "Helsinki 00530, Tampere 33100, Espoo 02100, Turku 20100",
        ),
    }
)

LETTERS = str.maketrans({"ø": "o", "æ": "a", "Ø": "O", "Æ": "A"})


def mail(first: str, last: str, index: int) -> str:
    """An address that nobody has; the first customer's shows no number."""
    name = ".".join(words(f"{first} {last}".translate(LETTERS)))
    return f"{name}.{index}@example.com" if index else f"{name}@example.com"
