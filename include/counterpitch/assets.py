"""The assets that join the DAGs into a chain: each is published once a run, with its partition key.

A chain and never `A & B`: with two assets a re-published brand would wait for a partner that never comes.
"""

from __future__ import annotations

from airflow.sdk import Asset

ADS = Asset(name="counterpitch_ads", uri="counterpitch://core/ad", group="counterpitch")
SCORES = Asset(name="counterpitch_scores", uri="counterpitch://mart/ad_score", group="counterpitch")
PILLARS = Asset(name="counterpitch_pillars", uri="counterpitch://mart/pillar", group="counterpitch")
INSIGHTS = Asset(name="counterpitch_insights", uri="counterpitch://mart/gap", group="counterpitch")
TRAINING_DUE = Asset(name="counterpitch_training_due", uri="counterpitch://ml/drift_day", group="counterpitch")
CHALLENGER = Asset(name="counterpitch_challenger", uri="counterpitch://ml/model", group="counterpitch")
BRIEFS = Asset(name="counterpitch_briefs", uri="counterpitch://mart/brief", group="counterpitch")
