#!/bin/sh
# beancount 3.2.3 (PyPI), Python 3.11.
# A `balance` assertion without a tolerance of its own lets the account differ by a unit of its last decimal: with nine
# decimals a nano-dollar. Only `~ 0` makes it exact.
# Seen: "off by one: accepted; off by two: refused; off by one with ~ 0: refused"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3.11 -m venv env
env/bin/pip install -q beancount==3.2.3
check() {
  cat > "$1.beancount" <<BOOK
2026-11-01 open Assets:Left USD
2026-11-01 open Equity:Given USD
2026-11-02 * "moved"
  Assets:Left 10.000000001 USD
  Equity:Given -10.000000001 USD
2026-11-03 balance Assets:Left $2 USD
BOOK
  if env/bin/bean-check --no-cache "$1.beancount" > /dev/null 2>&1; then echo accepted; else echo refused; fi
}
one=$(check one 10.000000002)
two=$(check two 10.000000003)
exact=$(check exact '10.000000002 ~ 0')
echo "off by one: $one; off by two: $two; off by one with ~ 0: $exact" | tee seen
grep -qx "off by one: accepted; off by two: refused; off by one with ~ 0: refused" seen
