"""Which metrics our functions count: each is one on AWS's bill, beyond ten that are free."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNTED = re.compile(r"\.count\(\s*\x22([A-Z][A-Za-z]+)\x22")


def counted() -> list[str]:
    """By name, as the sources that run on AWS say them."""
    sources = [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]
    return sorted({name for path in sources for name in COUNTED.findall(path.read_text(encoding="utf-8"))})
