"""Elements fit Slack's limits, whatever names they show."""

import pytest

from bot.views.blocks import context, fitting, mention, name, section


@pytest.mark.parametrize("join", ["\n", "; "])
def test_lines_that_do_not_fit_are_left_out_whole(join: str) -> None:
    text = join.join(f"{number}. {name('&' * 60)}: $1.00" for number in range(40))

    shown = fitting(text)

    assert len(text) > 3_000 >= len(shown)
    kept = shown.removesuffix("\n…").split(join)
    assert text.startswith(join.join(kept).rstrip())
    assert all(line.endswith("$1.00") for line in kept[:-1])
    assert section(text, block_id="a")["text"]["text"] == shown
    assert context(text, block_id="a")["elements"][0]["text"] == shown


def test_no_mention_or_entity_is_split() -> None:
    assert fitting("a" * 2_995 + " " + mention("UANNA")) == "a" * 2_995 + "\n…"
    assert fitting("a" * 2_980 + " <!date^1^{date} at {time}|1 Nov at 09:00 UTC>") == "a" * 2_980 + " \n…"
    assert fitting("short") == "short"
