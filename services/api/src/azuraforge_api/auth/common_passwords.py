"""The commonest passwords by what they have in common: a word everybody thinks of, digits around it, odd letters in it.

A list of whole passwords would be longer and would miss `Galatasaray1905!`; so the text is stripped to its core first.
"""

from __future__ import annotations

import re
import string
from typing import Final

_TEXT: Final = """
abc abcdef abcdefg abcdefgh abcdefghi abcdefghij abcdefghijk abcdefghijkl access account acilsusamacil adana adidas
admin administrator adobe airplane alexander allahuekber amanda amsterdam anakin andrea android angel angels ankara
antalya apple arsenal asdf asdfgh asdfghjk asdfghjkl asdfghjklşi ashley azerty azuraforge baby babygirl badboy bailey
banana barcelona baseball basketball batman benim besiktas beşiktaş bismillah blink bond bonjour brandon bursa buster
butterfly cancan canim canım carlos changeme charlie chelsea chocolate christian chrome cocacola computer consumer
cookie correcthorsebatterystaple corvette cowboys cristiano crystal daniel danielle database default deneme denememe
deniz dragon eagles elizabeth email enter evren family fatih fener fenerbahce fenerbahçe ferrari firebird florida
flower football forever formula freedom friend friends fuckyou galatasaray gandalf garfield george ginger gizli
gizlisifre gokhan google guest gunaydin guvenlik gökhan günaydın güvenlik hallo hannah harley hayat hello hellokitty
helloworld hockey hottie hunter ilovemyself iloveyou internet istanbul izmir jackson jasmine jennifer jessica jesus
jordan joshua juventus killer kings kullanici kullanıcı lakers letmein letmeinplease liverpool login lollipop london
lovely loveme lover loveyou madrid manager manchester maradona marina mario marlboro martin master matrix matthew
mehmet mercedes merhaba merhabadunya metallica michael michelle mickey microsoft midnight minecraft money monkey
monster morgan mother mustafa mustang mypassword naruto newpassword nicole nopassword nothing opensesame openthedoor
oracle orange parola parolam parolamiunuttum parolamyok parolayok pass passord passphrase passw password passworded
passwort patrick peanut pepper pokemon prince princess private purple qazwsx qazwsxedc qwer qwert qwerty qwertyu
qwertyui qwertyuio qwertyuiop qwertz rainbow ranger realmadrid richard robert ronaldo root samantha samsung secret
secretpassword seni seniseviyorum server seviyorum shadow sifre sifrem sifremyok sifreunuttum sigara silver slipknot
snoopy soccer sofia spiderman startrek starwars steelers student summer sunshine super superman superuser system
teacher test testing testtest thisismypassword thomas thunder tigger trabzonspor trustno trustnoone turkey turkiye
twitter türkiye unknown user username vampire victoria waterfall welcome whatever william windows winter wizard
wolverine xbox yankees yellow yonetici yourpassword yönetici zaq zaqwsx zxcv zxcvb zxcvbn zxcvbnm zxcvbnmas şifre
şifrem
"""
WORDS: Final = frozenset(_TEXT.split())
"""Folded to lower case; looked up after digits, marks and disguises are gone."""

_PLAIN: Final = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)
_EDGES: Final = string.digits + string.punctuation + string.whitespace
_ROWS: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
)
_FEWEST_KINDS: Final = 5
_SHORTEST_WALK: Final = 4


def is_common(password: str) -> bool:
    """Whether anybody would try `password` among the first few thousand."""
    text = password.casefold()
    if len(set(text)) < _FEWEST_KINDS or _is_walk(text) or text.isdecimal():
        return True
    return any(_is_of_words(core) for core in _cores(text))


def _cores(text: str) -> set[str]:
    trimmed = text.strip(_EDGES)
    found = {trimmed, trimmed.translate(_PLAIN), text.translate(_PLAIN).strip(_EDGES)}
    return {re.sub(r"[\W\d_]+", "", core) for core in found}


def _is_of_words(core: str) -> bool:
    """Whether `core` is nothing but one or two of the words, or one of them again and again."""
    if core in WORDS or not core:
        return True
    heads = (cut for cut in range(3, len(core) - 2) if core[:cut] in WORDS)
    return any(core[cut:] in WORDS or not core.replace(core[:cut], "") for cut in heads)


def _is_walk(text: str) -> bool:
    """Whether fingers that walk along rows of a keyboard, or count, write `text`."""
    left = re.sub(r"[\W_]+", "", text)
    while left:
        step = max((_walk_length(left, row) for row in _ROWS for row in (row, row[::-1])), default=0)
        if step < min(_SHORTEST_WALK, len(left)):
            return False
        left = left[step:]
    return True


def _walk_length(text: str, row: str) -> int:
    length = 0
    while length < len(text) and text[: length + 1] in row:
        length += 1
    return length
