"""Pictures of spend: values to show, and one file per picture."""
