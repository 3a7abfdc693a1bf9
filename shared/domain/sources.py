"""Who may speak, by the names that the configuration knows, and whom this version hears."""

from typing import Final

AWS_SOURCES: Final = (  # by the default bus, but for WAF, which has only a log
    *("cloudwatch", "guardduty", "securityhub", "inspector", "health", "config", "codepipeline", "codebuild", "ecs"),
    *("waf", "eventbridge"),
)
HEARD: Final = ("events_v2", *AWS_SOURCES, "heartbeat")
SOURCES: Final = (
    *HEARD,
    *("github", "gitlab", "jenkins", "sonarqube", "snyk", "splunk", "elastic", "grafana", "alertmanager", "datadog"),
    *("sentry", "webhook", "email"),
)
MAPPED: Final = ("eventbridge", "webhook")  # whose fields and identity an integration may choose
MAPPED_FIELDS: Final = (  # what ``map`` may name; identity is ``dedup_key``'s
    *("action", "severity", "summary", "source", "component", "group", "class", "resource", "timestamp"),
    *("client", "client_url", "custom_details"),
)
