"""Home: what each person sees when they open the app."""
