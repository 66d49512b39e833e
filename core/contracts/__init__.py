"""Values and small abstract classes that everything else agrees on; imports nothing of ours."""
