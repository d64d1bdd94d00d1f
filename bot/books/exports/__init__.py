"""What finance and data teams take out: the columns of each export, their text, and where one goes on."""
