"""The shell: one public method per thing that a person does, and the jobs that no page may wait for."""
