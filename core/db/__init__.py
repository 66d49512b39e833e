"""Tables: the only room that speaks SQL. What leaves it are values of the rooms above."""
