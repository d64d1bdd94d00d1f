"""The wing `alerting`: alerts, delivery rules, answers, snoozes, expectations."""
