"""What make mutate is made of; scripts/mutate_rtl.py and scripts/mutate_driver.py are the programs."""
