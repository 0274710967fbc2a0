"""Insights reworded by a language model that the settings name; by default there is none.

The model gets only the sentences, with a placeholder for each name. An answer is used only if it
has the same numbers with the same units, and no other number, name or direction; else the sentence
of the marts is used. Any problem is one warning, never a failed build.
"""

import json
import re
import unicodedata
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from helpdesk.alerts.channels import ChannelError, NoRedirect, is_web_address, reason, secret
from helpdesk.core.settings import Rewording

Warn = Callable[[str], None]
PLACEHOLDER = "{member}"
LARGEST_ANSWER = 1_000_000
LONGEST_SENTENCE = 400
TASK = (
    "You get a JSON object of numbered sentences about a help desk's figures. Reword each one in "
    "plain English for a busy team lead, one sentence or two. Keep every number, unit and date as "
    f"it is written, keep {PLACEHOLDER} in its place, add no number, cause or advice. Answer "
    "with a JSON object of the same keys and nothing else."
)
# A number with its unit: 10 h is not 10 min.
NUMBER = re.compile(r"[+\u2212-]?\d+(?:[.,]\d+)*(?:\s?(?:%|(?:h|min|d|s|days?|points?)\b))?")
WORDS_OF_NUMBER = re.compile(
    r"\b(zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|"
    r"forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|halved|"
    r"doubl\w+|twice|tripl\w+|thirds?|quarters?|fold)\b",
    re.IGNORECASE,
)
UP = re.compile(r"\b(more|longer|higher|rose|grew|increased?|up)\b", re.IGNORECASE)
DOWN = re.compile(
    r"\b(fewer|less|shorter|lower|fell|dropped|decreased?|declined?|down)\b", re.IGNORECASE
)
FOREIGN = re.compile(r"[<>\[\]{}`\n\r\t]|https?:|www\.", re.IGNORECASE)


def reword(rows: Sequence[Mapping[str, Any]], settings: Rewording, warn: Warn) -> dict[str, str]:
    """Reworded sentences by `insight_key`; without an entry, the original is shown."""
    if not settings.base_url:
        return {}
    asked = {row["insight_key"]: _nameless(row) for row in rows}
    try:
        answers = _ask(list(asked.values()), settings)
    # An endpoint may do anything: it must not stop the pages.
    except Exception as error:
        warn(f"the insights were not reworded: {reason(error)}")
        return {}
    found = {}
    for (key, sentence), number in zip(asked.items(), range(1, len(asked) + 1), strict=True):
        answer = answers.get(str(number))
        if isinstance(answer, str) and says_the_same(sentence, answer.strip()):
            found[key] = answer.strip()
    if dropped := len(asked) - len(found):
        warn(f"{dropped} of {len(asked)} insights were not reworded: the answer changes a fact")
    names = {row["insight_key"]: row.get("member_name") or "" for row in rows}
    return {key: text.replace(PLACEHOLDER, names[key]) for key, text in found.items()}


def _nameless(row: Mapping[str, Any]) -> str:
    """The sentence with a placeholder for the name: names do not leave the machine."""
    name, sentence = row.get("member_name"), str(row["sentence"])
    return sentence.replace(name, PLACEHOLDER) if name else sentence


def says_the_same(sentence: str, answer: str) -> bool:
    """Whether an answer has no number, unit, direction or name that the sentence lacks."""
    if not answer or len(answer) > LONGEST_SENTENCE:
        return False
    if answer.count(PLACEHOLDER) != sentence.count(PLACEHOLDER):
        return False
    rest = answer.replace(PLACEHOLDER, "")
    if FOREIGN.search(rest) or any(_is_odd(character) for character in rest):
        return False
    if _numbers(rest) - _numbers(sentence) or _words(rest) - _words(sentence):
        return False
    return _direction(rest) in (_direction(sentence), (False, False))


def _is_odd(character: str) -> bool:
    """A number in other than plain digits, such as a half or a superscript, or a control."""
    if character in "0123456789":
        return False
    is_number = character.isdecimal() or unicodedata.category(character) in ("Nl", "No")
    return is_number or unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


def _numbers(text: str) -> set[str]:
    return {re.sub(r"\s", "", found).strip(".,") for found in NUMBER.findall(text)}


def _words(text: str) -> set[str]:
    return {word.lower() for word in WORDS_OF_NUMBER.findall(text)}


def _direction(text: str) -> tuple[bool, bool]:
    return bool(UP.search(text)), bool(DOWN.search(text))


def _ask(sentences: list[str], settings: Rewording) -> dict[str, Any]:
    """The endpoint's answers by number, not yet checked. Raises ChannelError and OSError."""
    if not is_web_address(settings.base_url):
        raise ChannelError("rewording.base_url is not an http or https URL")
    numbered = {str(number): text for number, text in enumerate(sentences, start=1)}
    body = {
        "model": settings.model,
        "temperature": 0,
        "messages": [
            {"role": "system", "content": TASK},
            {"role": "user", "content": json.dumps(numbered, ensure_ascii=False)},
        ],
    }
    headers = {"Content-Type": "application/json"}
    if settings.api_key_env:
        headers["Authorization"] = f"Bearer {secret(settings.api_key_env)}"
    request = urllib.request.Request(
        f"{settings.base_url.rstrip('/')}/chat/completions",
        data=json.dumps(body).encode(),
        headers=headers,
        method="POST",
    )
    opener = urllib.request.build_opener(NoRedirect)
    with opener.open(request, timeout=settings.timeout_seconds) as response:
        answer = response.read(LARGEST_ANSWER)
    return _content(answer)


def _content(answer: bytes) -> dict[str, Any]:
    try:
        text = json.loads(answer)["choices"][0]["message"]["content"]
        # Many models wrap their answer in a code fence.
        found = json.loads(re.sub(r"^\s*```(?:json)?|```\s*$", "", text))
    except (ValueError, LookupError, TypeError):
        raise ChannelError("the answer is not a JSON object of sentences") from None
    if not isinstance(found, dict):
        raise ChannelError("the answer is not a JSON object of sentences")
    return found
