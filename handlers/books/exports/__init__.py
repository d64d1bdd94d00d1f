"""Exports as files and streams: CSV, Parquet and beancount."""
