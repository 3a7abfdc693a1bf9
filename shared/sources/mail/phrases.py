"""What mail programs write around a reply, in the languages they speak: attributions, headers, signatures.

Laws: the words are as the programs show them, ``·`` between them; a language is added by adding its words.
"""

import re


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", "·").split("·") if word.strip()]


def _any(text: str) -> str:
    return "|".join(re.escape(word) for word in sorted(_words(text), key=len, reverse=True))


# The word that an attribution begins with: On Mon …, Am Montag …
_INTRODUCTIONS = """
    On · Am · Le · El · Il · Op · Em · Den · Dne · Dňa · Dnia · W dniu · På · In data · Vào · Pada · La · Στις · În
    בתאריך · في
"""
INTRODUCTIONS = re.compile(rf"(?:{_any(_INTRODUCTIONS)})\b|在|于|於", re.IGNORECASE)

# The verb of an attribution.
_WROTE = """
    wrote · writes · schrieb · schreibt · geschrieben · a écrit · écrit · ecrit · escribió · escribio · escreveu
    ha scritto · scrive · va escriure · schreef · geschreven · skrev · skrifaði · kirjoitti · napisał · napisała
    napisał(a) · pisze · napsal · napsal(a) · napísal · napísal(a) · написал · написала · написал(а) · пишет · писал
    написав · пише · написа · írta · a scris · έγραψε · yazdı · menulis · đã viết
"""
WROTE = re.compile(rf"(?<!\w)(?:{_any(_WROTE)})(?!\w)|写道|寫道|写到|書きました|のメール|작성|썼습니다", re.IGNORECASE)

# A line that announces the whole quoted message: between dashes, or by itself.
_ORIGINAL = """
    original message · original appointment · forwarded message · reply message · ursprüngliche nachricht
    originalnachricht · original-nachricht · weitergeleitete nachricht · message d'origine · message d’origine
    message original · message transféré · mensaje original · mensaje reenviado · mensagem original
    mensagem encaminhada · messaggio originale · messaggio inoltrato · oorspronkelijk bericht · doorgestuurd bericht
    oprindelig meddelelse · opprinnelig melding · ursprungligt meddelande · originalmeddelande
    vidarebefordrat meddelande · alkuperäinen viesti · wiadomość oryginalna · oryginalna wiadomość
    treść przekazanej wiadomości · původní zpráva · исходное сообщение · пересылаемое сообщение
    пересланное сообщение · eredeti üzenet · mesaj original · orijinal mesaj · özgün ileti · 原始邮件 · 原始郵件
    转发邮件 · 回复的原邮件 · 元のメッセージ · 転送メッセージ · 원본 메시지
"""
_FORWARDED = """
    begin forwarded message · anfang der weitergeleiteten nachricht · début du message transféré
    début du message réexpédié · inicio del mensaje reenviado · início da mensagem encaminhada
    inizio messaggio inoltrato · begin doorgestuurd bericht · начало переадресованного сообщения
    転送されたメッセージ · 下面是被转发的邮件
"""
ORIGINAL_MESSAGE = re.compile(
    rf"[*_]?[-_=—]{{2,}}\s*(?:{_any(_ORIGINAL)})\s*[:：]?\s*[-_=—]*[*_]?|(?:{_any(_FORWARDED)})\s*[:：]", re.IGNORECASE
)

# The labels of a quoted message's headers: who wrote; when, or what about; to whom.
FROM_LABELS = frozenset(
    _words("""
    from · von · absender · de · expéditeur · remitente · remetente · da · mittente · van · afzender · från · fra
    lähettäjä · od · nadawca · odesílatel · от · от кого · отправитель · від · feladó · de la · από · kimden · gönderen
    发件人 · 寄件者 · 寄件人 · 差出人 · 送信者 · 보낸 사람 · 보낸사람
    """)
)
WHEN_OR_WHAT_LABELS = frozenset(
    _words("""
    sent · date · subject · gesendet · gesendet am · datum · betreff · envoyé · envoyé le · date d'envoi · objet
    enviado · enviado el · enviado em · enviada · enviada em · fecha · asunto · data · assunto · inviato · oggetto
    verzonden · onderwerp · skickat · ämne · sendt · emne · dato · lähetetty · aihe · päivämäärä · wysłano · temat
    odesláno · předmět · отправлено · дата · тема · надіслано · elküldve · dátum · tárgy · trimis · subiect
    ημερομηνία · θέμα · gönderildi · gönderilme · tarih · konu · 发送时间 · 发送日期 · 日期 · 主题 · 傳送時間
    寄件日期 · 主旨 · 送信日時 · 日時 · 日付 · 件名 · 보낸 날짜 · 날짜 · 제목
    """)
)
TO_LABELS = frozenset(
    _words("""
    to · cc · bcc · reply-to · reply to · an · kopie · à · a · para · aan · till · kopia · til · kopi · vastaanottaja
    kopio · do · dw · komu · кому · копия · címzett · către · προς · kime · bilgi · 收件人 · 抄送 · 收件者 · 副本 · 宛先
    받는 사람 · 참조
    """)
)

# What somebody writes above a message that they answer piece by piece.
GREETING = re.compile(
    r"(?:hi|hello|hey|dear|hallo|hej|moin|servus|guten \w+|bonjour|salut|bonsoir|hola|buenas|olá|oi|ciao|buongiorno"
    r"|cześć|dzień dobry|привет|здравствуйте|see below|see inline|inline|answers? (?:below|inline))\b[^.?]{0,30}",
    re.IGNORECASE,
)

# Devices and programs, and how they are called mine.
_DEVICE = """
    my · mobile · a mobile · a phone · phone · iphone · ipad · ipod · android · outlook · windows · mail for · mailbox
    airmail · yahoo · gmail · proton · samsung · galaxy · blackberry · spark · superhuman · canary · typeapp · bluemail
    aqua mail · k-9 · thunderbird · hey · fairemail · edison · nine · the new outlook · [mail]
"""
_MINE = """
    mein · meine · mon · ma · mi · mio · meu · minha · mijn · min · outlook · yahoo · gmail · proton · iphone · ipad
    android · samsung · galaxy · blackberry · windows · mobil · mobile · smartphone · mobiel · k-9 · gmx · web.de
"""
DEVICES = re.compile(
    rf"""[(<\[*_\s]{{0,4}}(?:
        (?:sent|posted|written)\ (?:from|via|with|by|using|on)\ (?:{_any(_DEVICE)})(?!\w).{{0,100}}
        |from\ my\ (?:iphone|ipad|android|phone|mobile)\b.{{0,40}}
        |yahoo\ mail:\ search,\ organi[sz]e,\ conquer.{{0,80}}
        |envoyée?\ (?:de(?:puis)?|à\ partir\ de?|avec)\b.{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |von\ meine[mr]\ .{{1,60}}\ (?:gesendet|verschickt)\b.{{0,60}}
        |diese\ (?:nachricht|e-?mail)\ wurde\ von\ meinem\ .{{1,80}}
        |(?:diese\ (?:nachricht|e-?mail)\ wurde\ )?(?:gesendet|verschickt)\ (?:von|mit|aus|über)\b
            .{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |enviado\ (?:desde|do|de|pelo|via|con|com|por)\b.{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |inviato\ (?:da|dal|con|tramite)\b.{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |(?:verzonden|verstuurd)\ (?:vanaf|vanuit|met|via|van)\b.{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |(?:skickat|sendt|sänt)\ (?:från|fra|med|via)\b.{{0,20}}(?<!\w)(?:{_any(_MINE)})(?!\w).{{0,80}}
        |(?:lähetetty|wysłan[oea]\ z|отправлено\ (?:с|со|из|через)|надіслано\ (?:з|із))\ .{{1,80}}
        |(?:get|download|obtenez|télécharge[rz]|obtener|obtenga|obter|obtenha|ottieni|scarica|pobierz|получите|скачать
            |hol(?:en)?\ sie\ sich)\ .{{0,20}}\[?outlook\ .{{0,100}}
        |outlook\ (?:für|voor)\ .{{1,40}}(?:herunterladen|beziehen|downloaden|ophalen).{{0,60}}
        |[從从]我的.{{1,30}}(?:傳送|发送|發送|传送).{{0,10}}
        |[發发]自我的.{{1,30}}
        |\S.{{0,30}}から送信.{{0,10}}
        |나의\ .{{1,30}}에서\ 보냄.{{0,10}}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

# The same in one's own words; a signature only as the last paragraph.
SENT_FROM = re.compile(r"sent from (?:\S+ ?){1,8}$", re.IGNORECASE)
