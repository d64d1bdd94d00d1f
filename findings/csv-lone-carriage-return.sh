#!/bin/sh
# Python 3.11.7's csv module (standard library).
# With lineterminator="\n" a cell with a carriage return is written without quotes, and the module's own reader then
# reads one row as two. With lineterminator="\r\n" the same cell is quoted.
# Seen: "1 row written, 2 rows read: 'a\rb,c\n'; quoted with CRLF: True"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
cat > run.py <<'PY'
import csv
import io


def written(end):
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerow(["a\rb", "c"])
    return text.getvalue()


line = written("\n")
read = list(csv.reader(io.StringIO(line, newline="")))
print(f"1 row written, {len(read)} rows read: {line!r}; quoted with CRLF: {written(chr(13) + chr(10)).startswith(chr(34))}")
PY
python3.11 run.py | tee seen
grep -qxF "1 row written, 2 rows read: 'a\\rb,c\\n'; quoted with CRLF: True" seen
