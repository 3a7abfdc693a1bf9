"""What ``tocsin doctor`` checks of the way to people: whom the configuration names, and that mail and texts arrive."""

from collections.abc import Iterator

from cli import contacts
from cli.deployment import CONFIGURATION_SET, REPLY_SECRET
from cli.doctor.patient import Fault, Level, Patient
from shared.config.finding import Severity
from shared.config.lint import lint
from shared.config.read import Loaded
from shared.domain.directory import Contact, Medium
from shared.domain.notification import FALLBACK
from shared.domain.subscription import VAPID_KEY
from shared.flow.confirming import PROVABLE
from shared.store.dynamodb_contacts import DynamoDbContacts

RECEIPT_RULE = "tocsin-replies"


# what is in force


def configuration(patient: Patient) -> Iterator[Fault]:
    document = patient.document
    if document is None:
        yield Level.ERROR, "no configuration is in force: nobody is ever paged", "tocsin apply DIR"
        return
    for finding in lint(Loaded("the configuration in force", dict(document)), patient.now):
        level = Level.ERROR if finding.level is Severity.ERROR else Level.WARNING
        yield level, f"{finding.path}: {finding.message}", "Edit the folder, and `tocsin apply` it."


def reply_secret(patient: Patient) -> Iterator[Fault]:
    parameters = patient.client("ssm")
    consequence = "pages go out without a reply address, and answers by mail don't count"
    try:
        found = parameters.get_parameter(Name=REPLY_SECRET)["Parameter"]
    except parameters.exceptions.ParameterNotFound:
        yield Level.ERROR, f"the parameter {REPLY_SECRET} is missing: {consequence}", "tocsin apply DIR"
        return
    if found["Type"] != "SecureString":
        remedy = f"aws ssm delete-parameter --name {REPLY_SECRET}, then `tocsin apply` makes it anew"
        yield Level.ERROR, f"the parameter {REPLY_SECRET} isn't encrypted: whoever reads it can answer pages", remedy


# who hears of Tocsin's own trouble


def alarm_topic(patient: Patient) -> Iterator[Fault]:
    topics, arn = patient.client("sns"), patient.facts["alarm_topic_arn"]
    try:
        found = topics.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    except topics.exceptions.NotFoundException:
        yield Level.ERROR, "the alarm topic is gone: nobody hears that Tocsin itself is in trouble", patient.redeploy
        return
    if not found:
        command = f"aws sns subscribe --topic-arn {arn} --protocol email --notification-endpoint ADDRESS"
        remedy = f"{patient.redeploy}; or {command}"
        yield Level.ERROR, "nobody is subscribed to the alarm topic: Tocsin's own trouble is told to no one", remedy
    for subscription in found:
        if subscription["SubscriptionArn"] == "PendingConfirmation":
            whom = subscription["Endpoint"]
            yield Level.ERROR, f"{whom} hasn't confirmed the alarm topic: they hear nothing", f"Ask {whom} to confirm."


def alarms(patient: Patient) -> Iterator[Fault]:
    found = patient.client("cloudwatch").describe_alarms(AlarmNamePrefix="tocsin-")["MetricAlarms"]
    if not found:
        yield Level.ERROR, "no alarm watches Tocsin: its trouble goes unnoticed", patient.redeploy
    for alarm in found:
        if alarm["StateValue"] == "ALARM":
            yield Level.ERROR, f"{alarm['AlarmName']}: {alarm['StateReason']}", alarm.get("AlarmDescription", "")
        if not alarm["ActionsEnabled"]:
            remedy = f"aws cloudwatch enable-alarm-actions --alarm-names {alarm['AlarmName']}"
            yield Level.ERROR, f"{alarm['AlarmName']} tells nobody: its actions are off", remedy


# how people are reached


def mail_out(patient: Patient) -> Iterator[Fault]:
    mail, sender = patient.client("sesv2"), patient.facts["mail_from"]
    account = mail.get_account()
    if not account.get("SendingEnabled", True):
        yield Level.ERROR, "SES has paused this account's sending: no page goes out by mail", "Open a case with AWS."
    if not account.get("ProductionAccessEnabled", True):
        remedy = "Ask for production access: https://docs.aws.amazon.com/ses/latest/dg/request-production-access.html"
        yield Level.ERROR, "SES is in its sandbox: mail reaches verified addresses only", remedy
    yield from _reporting(patient)
    for identity in (sender.rpartition("@")[2], sender):
        try:
            if mail.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus"):
                return
        except mail.exceptions.NotFoundException:
            continue
    yield (
        Level.ERROR,
        f"neither {sender} nor its domain is verified in SES: no page goes out by mail",
        "Publish the DKIM records that the outputs of tocsin-doors name.",
    )


def _reporting(patient: Patient) -> Iterator[Fault]:
    """Each mail names the set, and SES sends none that names one which isn't there."""
    mail = patient.client("sesv2")
    try:
        mail.get_configuration_set(ConfigurationSetName=CONFIGURATION_SET)
    except mail.exceptions.NotFoundException:
        yield (
            Level.ERROR,
            f"SES has no configuration set {CONFIGURATION_SET}: it takes no page, and reports no bounce",
            patient.redeploy,
        )


def mail_in(patient: Patient) -> Iterator[Fault]:
    active = patient.client("ses").describe_active_receipt_rule_set()
    rules = {rule["Name"]: rule for rule in active.get("Rules", ())}
    name = active.get("Metadata", {}).get("Name")
    if RECEIPT_RULE not in rules:
        message = f"no active receipt rule takes replies (active is {name or 'no rule set'}): answers by mail bounce"
        remedy = (
            f"Say `ses_rule_set: {name}` in settings.yaml, then cdk deploy --all"
            if name
            else "aws ses set-active-receipt-rule-set --rule-set-name tocsin"
        )
        yield Level.ERROR, message, remedy
    elif not rules[RECEIPT_RULE].get("Enabled"):
        yield Level.ERROR, f"the receipt rule {RECEIPT_RULE} is off: answers by mail aren't heard", patient.redeploy


def texts(patient: Patient) -> Iterator[Fault]:
    topics = patient.client("sns")
    if topics.get_sms_sandbox_account_status()["IsInSandbox"]:
        remedy = "Leave it: https://docs.aws.amazon.com/sns/latest/dg/sns-sms-sandbox-moving-to-production.html"
        yield Level.ERROR, "SNS is in its SMS sandbox: texts reach verified numbers only", remedy
    attributes = topics.get_sms_attributes()["attributes"]
    limit = attributes.get("MonthlySpendLimit", "1")
    if float(limit) <= 1:
        message = f"texts may cost ${limit} a month, which ten or twenty of them do: then they fail"
        yield Level.WARNING, message, "Ask AWS to raise the SMS spending quota, then set MonthlySpendLimit."
    if "DeliveryStatusIAMRole" not in attributes:
        message = (
            "SNS doesn't log what becomes of texts: after one that isn't delivered the next method isn't used at once"
        )
        yield Level.WARNING, message, "Turn delivery status logging on: docs/deploy.md, step 5."
    for number in _numbers(patient):
        if topics.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"]:
            remedy = f"aws sns opt-in-phone-number --phone-number {number} (once in 30 days)"
            yield Level.ERROR, f"{number} has said STOP: no text reaches it", remedy


def two_way(patient: Patient) -> Iterator[Fault]:
    """Whether what people text to our number comes to us."""
    number, topic = patient.facts.get("texts_from", ""), patient.facts.get("texts_topic_arn", "")
    if not number:
        return
    pages = patient.client("pinpoint-sms-voice-v2").get_paginator("describe_phone_numbers").paginate()
    found = next((each for page in pages for each in page["PhoneNumbers"] if each["PhoneNumber"] == number), None)
    if found is None:
        message = f"{number} is no number of this account and Region: no page goes out by text"
        yield Level.ERROR, message, "Say another `two_way_number` in settings.yaml, or none, then cdk deploy --all."
    elif not found["TwoWayEnabled"] or found.get("TwoWayChannelArn") != topic:
        remedy = (
            f"aws pinpoint-sms-voice-v2 update-phone-number --phone-number-id {found['PhoneNumberId']} "
            f"--two-way-enabled --two-way-channel-arn {topic}"
        )
        yield Level.ERROR, f"what is texted to {number} doesn't come here: nobody can answer by text", remedy


def unconfirmed(patient: Patient) -> Iterator[Fault]:
    """Whether people have shown that they are reached."""
    deps = patient.deployment.deps()
    for each in contacts.known(deps.contacts, deps.directory.current()):
        if each.user != FALLBACK and each.contact.medium in PROVABLE and not each.state.confirmed:
            where = f"{each.user} by {each.contact.name} ({each.contact.address})"
            message = f"{where}: nobody has confirmed that it reaches them"
            yield Level.WARNING, message, f"tocsin confirm {each.user} {each.contact.name}"


def push(patient: Patient) -> Iterator[Fault]:
    """Whether the browsers that the configuration names are subscribed, and the key that they know is there."""
    browsers = list(_browsers(patient))
    if not browsers:
        return
    parameters = patient.client("ssm")
    try:
        parameters.get_parameter(Name=VAPID_KEY)
    except parameters.exceptions.ParameterNotFound:
        yield Level.ERROR, f"the parameter {VAPID_KEY} is missing: nothing can be pushed", "tocsin apply DIR"
    contacts = DynamoDbContacts(patient.client("dynamodb"), patient.facts["incidents_table"])
    for user, contact in browsers:
        known, remedy = contacts.of(user, contact), f"tocsin push-link {user} {contact.name}"
        if not known.subscription:
            why = known.broken_because or "no browser was ever subscribed"
            message = f"{user}'s {contact.name} can't be pushed to: {why}. Pages by it fail, and the next way is used"
            yield Level.WARNING, message, f"{remedy}, and give them the link"


def _browsers(patient: Patient) -> Iterator[tuple[str, Contact]]:
    for user, told in (patient.document or {}).get("users", {}).items():
        for name, way in told.get("contacts", {}).items():
            if Medium.PUSH in way:
                yield user, Contact(name=name, medium=Medium.PUSH, address=way[Medium.PUSH])


def _numbers(patient: Patient) -> list[str]:
    """Every number that the configuration in force texts."""
    document = patient.document or {}
    contacts = [way for user in document.get("users", {}).values() for way in user.get("contacts", {}).values()]
    ways = [document.get("account", {}).get("fallback", {}), *contacts]
    return sorted({way[Medium.SMS] for way in ways if Medium.SMS in way})


# whose methods don't work


def contact_methods(patient: Patient) -> Iterator[Fault]:
    """An error where it is somebody's only method, or all of theirs are broken."""
    if patient.document is None:
        return
    deps = patient.deployment.deps()
    methods = list(contacts.known(deps.contacts, deps.directory.current()))
    for each in methods:
        if each.state.broken:
            others = [other for other in methods if other.user == each.user and not other.state.broken]
            level = Level.WARNING if others else Level.ERROR
            consequence = "pages go to their other methods" if others else "no other method of theirs works"
            yield level, f"{contacts.in_words(each)}: {consequence}", contacts.HEAL
