"""The Desk: the pages that a marketer reads, inside the Airflow UI and behind its login.

It only reads. It runs in Airflow's api-server, so it loads neither pandas nor any model library.
"""
