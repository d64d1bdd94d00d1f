#!/bin/sh
# genai-prices 0.2.3: tokens of audio that a model has no audio price for are priced as text, and a web search of a model
# without a price for searches costs nothing. Neither raises, warns, nor shows in the result: `total_price` looks complete.
# Seen: gpt-4o-audio-preview with 482 of 592 output tokens of audio costs $0.0059625, where the bill is $0.0397025 (audio
# output is $80 a million); 5 web searches with claude-3-haiku add $0.
# Exits with 0 while that is so, and with 1 when it changes.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check genai-prices==0.2.3
"$folder/venv/bin/python" -W error - <<'PYTHON'
from decimal import Decimal

from genai_prices import Usage, calc_price

spoken = calc_price(
    Usage(input_tokens=17, output_tokens=592, output_audio_tokens=482), "gpt-4o-audio-preview", provider_id="openai"
)
plain = calc_price(Usage(input_tokens=1000, output_tokens=10), "claude-3-haiku-20240307", provider_id="anthropic")
searched = calc_price(
    Usage(input_tokens=1000, output_tokens=10, web_searches=5), "claude-3-haiku-20240307", provider_id="anthropic"
)
print("audio at the price of text:", spoken.total_price)
print("without and with 5 web searches:", plain.total_price, searched.total_price)
assert spoken.total_price == Decimal("0.0059625"), "audio has a price of its own now, or is refused"
assert plain.total_price == searched.total_price, "searches have a price of their own now, or are refused"
PYTHON
