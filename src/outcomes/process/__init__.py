"""What was done and how it was received: attendance, homework, phases, satisfaction, alliance."""
