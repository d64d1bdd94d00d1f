#!/bin/sh
# standardwebhooks 1.1.0 (PyPI), Python 3.11.
# `Webhook.sign(id, timestamp, data)` takes a datetime and replaces its zone by UTC instead of converting it. A moment that is given
# in another zone is signed hours off, and the receiver's own `verify`, which reads the header's seconds, refuses the message.
# In UTC, or without a zone, it is right.
# Seen: "UTC: accepted", "Berlin: No matching signature found"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3 -m venv env
env/bin/pip install -q standardwebhooks==1.1.0 tzdata==2025.2
cat > run.py <<'PY'
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from standardwebhooks import Webhook, WebhookVerificationError

hook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
now = datetime.now(timezone.utc).replace(microsecond=0)
for name, moment in (("UTC", now), ("Berlin", now.astimezone(ZoneInfo("Europe/Berlin")))):
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": hook.sign("msg_1", moment, "{}"),
    }
    try:
        hook.verify("{}", headers)
        print(f"{name}: accepted")
    except WebhookVerificationError as refused:
        print(f"{name}: {refused}")
PY
env/bin/python run.py
