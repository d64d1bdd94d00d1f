"""Measures the calibration of forecasts on series of real clients."""
