"""What of the default bus comes in, by rule: whatever could open or close an alert, and no housekeeping.

A test compares with the translators: nothing that they make an event of is left out here.
"""

from collections.abc import Mapping
from typing import Any

from infra import names
from shared.domain.left_out import OWN, THERMOSTATS

CLOUDTRAIL = "AWS API Call via CloudTrail"


def alarms(*, thermostats: bool) -> Mapping[str, Any]:
    """Those that nobody is told of (``shared/domain/left_out.py``) cost no call, but where integrations name some."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"anything-but": {"prefix": [OWN] if thermostats else [THERMOSTATS, OWN]}}]},
    }


PATTERNS: Mapping[str, Mapping[str, Any]] = {
    names.ALARMS_RULE: alarms(thermostats=False),
    names.FINDINGS_RULE: {"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"]},
    names.ARCHIVED_RULE: {
        "source": ["aws.guardduty"],
        "detail-type": [CLOUDTRAIL],
        "detail": {"eventSource": ["guardduty.amazonaws.com"], "eventName": ["ArchiveFindings"]},
    },
    names.SECURITY_HUB_RULE: {
        "source": ["aws.securityhub"],
        "detail-type": [
            "Security Hub Findings - Imported",
            "Security Hub Findings - Custom Action",
            "Findings Imported V2",
        ],
    },
    names.INSPECTOR_RULE: {"source": ["aws.inspector2"], "detail-type": ["Inspector2 Finding"]},
    names.HEALTH_RULE: {"source": ["aws.health"], "detail-type": ["AWS Health Event", "AWS Health Abuse Event"]},
    names.CONFIG_RULE: {
        "source": ["aws.config"],
        "detail-type": ["Config Rules Compliance Change"],
        "detail": {"newEvaluationResult": {"complianceType": [{"anything-but": ["INSUFFICIENT_DATA"]}]}},
    },
    names.CODEPIPELINE_RULE: {
        "source": ["aws.codepipeline"],
        "detail-type": [f"CodePipeline {level} Execution State Change" for level in ("Pipeline", "Stage", "Action")],
        "detail": {  # a step that succeeds is housekeeping
            "$or": [{"state": ["FAILED"]}, {"state": ["SUCCEEDED"], "stage": [{"exists": False}]}]
        },
    },
    names.CODEBUILD_RULE: {
        "source": ["aws.codebuild"],
        "detail-type": ["CodeBuild Build State Change"],
        "detail": {"build-status": [{"anything-but": ["IN_PROGRESS", "STOPPED"]}]},
    },
    names.ECS_RULE: {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Deployment State Change", "ECS Service Action"],
        "detail": {
            "$or": [{"eventType": [{"anything-but": ["INFO"]}]}, {"eventName": ["SERVICE_DEPLOYMENT_COMPLETED"]}]
        },
    },
}

# What became of mail: also of what others in the account send by a set of theirs, of which no page is found.
DELIVERY: Mapping[str, Any] = {
    "source": ["aws.ses"],
    "detail-type": [
        "Email Bounced",
        "Email Complaint Received",
        "Email Delivered",
        "Email Delivery Delayed",
        "Email Rejected",
        "Email Rendering Failed",
    ],
}

# What no rule above takes: on this machine, where an event costs nothing, integrations hear all of it.
ANY_OTHER: tuple[Mapping[str, Any], ...] = (
    {
        "detail-type": [
            {"anything-but": sorted({kind for pattern in PATTERNS.values() for kind in pattern["detail-type"]})}
        ]
    },
    {"source": [{"anything-but": ["aws.guardduty"]}], "detail-type": [CLOUDTRAIL]},
)
