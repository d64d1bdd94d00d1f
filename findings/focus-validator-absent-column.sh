#!/bin/sh
# focus-validator 2.2.1 (PyPI) with its model 1.2.0.1, pyarrow 21.0.0, Python 3.12.
# ConsumedQuantity fails its rules where the conditional column CommitmentDiscountStatus is absent, although the
# file has no commitments; with the column there and empty, they pass. InvoiceId must be null, and it must not be: one of
# both rules fails in every file. The exit code is 0 in each case.
# Seen: "absent: ConsumedQuantity-C-000-C ConsumedQuantity-C-003-C ConsumedQuantity-C-004-C ConsumedQuantity-C-005-C
#        ConsumedQuantity-C-006-C InvoiceId-C-005-C, exit 0" and "empty: InvoiceId-C-005-C, exit 0"
set -eu
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT && cd "$folder"
python3.12 -m venv env
env/bin/pip install -q focus-validator==2.2.1 pyarrow==21.0.0
cat > make.py <<'PY'
import csv
import sys

ROW = {
    "BilledCost": "0.0045", "BillingAccountId": "acme", "BillingAccountName": "Acme", "BillingAccountType": "Organization",
    "BillingCurrency": "USD", "BillingPeriodStart": "2026-11-01T00:00:00Z", "BillingPeriodEnd": "2026-12-01T00:00:00Z",
    "ChargeCategory": "Usage", "ChargeClass": "", "ChargeDescription": "tokens", "ChargeFrequency": "Usage-Based",
    "ChargePeriodStart": "2026-11-22T00:00:00Z", "ChargePeriodEnd": "2026-11-23T00:00:00Z",
    "ConsumedQuantity": "1800.0", "ConsumedUnit": "Tokens", "ContractedCost": "0.0045", "EffectiveCost": "0.0045",
    "InvoiceId": "", "InvoiceIssuerName": "OpenAI", "ListCost": "0.0045", "PricingCategory": "Standard",
    "PricingQuantity": "0.0018", "PricingUnit": "1000000 Tokens", "ProviderName": "OpenAI", "PublisherName": "OpenAI",
    "ServiceCategory": "AI and Machine Learning", "ServiceName": "OpenAI API", "ServiceSubcategory": "Generative AI",
}
for name, more in (("absent", {}), ("empty", {"CommitmentDiscountStatus": ""})):
    with open(f"{sys.argv[1]}/{name}.csv", "w", newline="") as file:
        lines = csv.DictWriter(file, [*ROW, *more])
        lines.writeheader()
        lines.writerow(ROW | more)
PY
env/bin/python make.py "$folder"
cd env/lib/python3.12/site-packages   # the validator opens a file of its own by a relative path
for name in absent empty; do
  code=0
  "$folder/env/bin/focus-validator" --data-file "$folder/$name.csv" --validate-version 1.2.0.1 --block-download \
    --applicability-criteria USAGE_MEASUREMENT_SUPPORTED > "$folder/out" 2>&1 || code=$?
  echo "$name: $(grep -oE '[A-Za-z]+-C-[0-9]+-[A-Z]: FAIL' "$folder/out" | sed 's/: FAIL//' | sort -u | tr '\n' ' ' | sed 's/ $//'), exit $code" \
    | tee -a "$folder/seen"
done
grep -qx "absent: .*ConsumedQuantity-C-006-C.* InvoiceId-C-005-C, exit 0" "$folder/seen"
grep -qx "empty: InvoiceId-C-005-C, exit 0" "$folder/seen"
