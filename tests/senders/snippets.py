"""The blocks of docs/senders.md, as they stand there but for address and key: what is documented is what is run."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "senders.md").read_text(encoding="utf-8")
ADDRESS, KEY = "https://events.acme.example", "R" + 31 * "0"


def snippet(heading: str, url: str, key: str) -> str:
    section = TEXT.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    (block,) = re.findall(r"^```\w+\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return block.replace(ADDRESS, url).replace(ADDRESS.partition("://")[2], url.partition("://")[2]).replace(KEY, key)
