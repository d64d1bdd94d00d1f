"""What stands between SQLAlchemy and the databases' own drivers."""
