"""What mail programs write above the message that they quote, in the languages they speak: attributions, headers.

Laws: the words are as the programs show them, ``·`` between them; a language is added by adding its words.
"""

import re


def words_of(text: str) -> list[str]:
    return [word.strip() for word in text.replace("\n", "·").split("·") if word.strip()]


def any_of(text: str) -> str:
    return "|".join(re.escape(word) for word in sorted(words_of(text), key=len, reverse=True))


# The word that an attribution begins with: On Mon …, Am Montag …
_INTRODUCTIONS = """
    On · At · Am · Le · El · Il · Op · Em · Den · Dne · Dňa · Dnia · W dniu · På · In data · Vào · Pada · La · Στις
    În · Dana · Ekki · בתאריך · في · Na · No dia · Às · En · В · На · Pe · Kuupäev · Вкл · ในวันที่ · เมื่อ · V
    Missatge de
"""
INTRODUCTIONS = re.compile(rf"(?:{any_of(_INTRODUCTIONS)})(?!\w)|在|于|於", re.IGNORECASE)

# The words before an address where nothing is said of the time: Zitat von Tocsin <…>:
_QUOTING = """
    quoting · zitat von · citando a · citando · citazione di · en cours de citation de · wiadomość napisana przez
    citát · citerar · posted by · missatge de
"""
QUOTING = re.compile(rf"(?:{any_of(_QUOTING)})\b", re.IGNORECASE)

# The verb of an attribution.
_WROTE = """
    wrote · writes · schrieb · schreibt · geschrieben · a écrit · écrit · ecrit · a ecrit · escribió · escribio
    escreveu · ha scritto · scrive · scritto · va escriure · schreef · geschreven · skrev · följande · skrifaði
    kirjoitti · kirjoittaa · napisał · napisała · napisał(a) · napisał/a · pisze · napsal · napsala · napsal(a)
    napísal · napísal(a) · napisal · написал · написала · написал(а) · написал (а) · пишет · писал · написав
    написав(ла) · пише · написа · írta · ezt írta · a scris · έγραψε · yazdı · şunu yazdı · şunları yazdı · menulis
    đã viết · je napisao · napisao · schrieben sie · schriebst du · schrieben · schriebst · nous a dit · vous a écrit
    ha escrito · escribe · escreve · hanno scritto · píše · píšete · napísala · je napísal · napisal/a · napisala
    je napisala · napisao/la · je napisao/la · написао · написао/ла · је написао/ла · irta · rašė · rakstīja · kirjutas
    ви писали · вы писали · писали · napsali · napisali · verzond
"""
WROTE = re.compile(
    rf"(?<!\w)(?:{any_of(_WROTE)})(?!\w)|写道|寫道|写到|写了|撰写"
    r"|書きました|のメール|のメッセージ|が書いた|作成|작성|썼습니다|님이 쓴|쓴 글|쓴 메일|เขียน|כתב|كتب",
    re.IGNORECASE,
)

# Verbs that are no proof by themselves: a person tells by them as well. They count above marked lines.
_SAID = "said · says · sent · dit · dijo · disse · sagte · zei · сказал · сказала"
SAID = re.compile(rf"(?<!\w)(?:{any_of(_SAID)})(?!\w)", re.IGNORECASE)

# A line that announces the whole quoted message: between dashes, or by itself.
_ORIGINAL = """
    original message · original appointment · original e-mail · original email · forwarded message · forwarded e-mail
    reply message · replied message · ursprüngliche nachricht · originalnachricht · original-nachricht
    original nachricht · ursprüngliche e-mail · originalmeldung · weitergeleitete nachricht · weitergeleitete message
    message d'origine · message d’origine · message original · message initial · message transféré · e-mail d'origine
    mensaje original · mensaje reenviado · mensagem original · mensagem encaminhada · mensagem reencaminhada
    messaggio originale · messaggio inoltrato · oorspronkelijk bericht · oorspronkelijke bericht · origineel bericht
    doorgestuurd bericht · oprindelig meddelelse · oprindelig besked · videresendt meddelelse · opprinnelig melding
    original melding · opprinnelig e-post · videresendt melding · ursprungligt meddelande · originalmeddelande
    vidarebefordrat meddelande · alkuperäinen viesti · välitetty viesti · wiadomość oryginalna · oryginalna wiadomość
    treść przekazanej wiadomości · wiadomość przekazana · původní zpráva · původní e-mail · přeposlaná zpráva
    исходное сообщение · оригинальное сообщение · пересылаемое сообщение · пересланное сообщение
    первоначальное сообщение · вихідне повідомлення · оригінальне повідомлення · початкове повідомлення
    переслане повідомлення · eredeti üzenet · mesaj original · mesajul original · orijinal mesaj · özgün ileti
    orijinal ileti · iletilen mesaj · yönlendirilen mesaj · αρχικό μήνυμα · missatge original · pôvodná správa
    izvorna poruka · alkuperäinen sähköposti · 原始邮件 · 原始郵件 · 原始信息 · 原始訊息 · 原邮件 · 转发邮件
    转发的邮件 · 轉寄郵件 · 回复的原邮件 · 原始邮件信息 · 邮件原件 · 元のメッセージ · オリジナルメッセージ
    元のメール · 転送メッセージ · 転送されたメッセージ · 원본 메시지 · 원본 이메일 · 원본 메일 · 원본메일
    전달된 메시지 · 전달된 메일 · originalmail · antwort nachricht · antwortnachricht · ursprüngliche mail
    originale nachricht · mail original · mail originale · e-mail original · courriel original · courrier original
    correo original · email original · mail d'origine · e-mail originale
    oorspronkelijke e-mail · origineel e-mailbericht · doorgestuurde e-mail · videresendt besked · oprindelig mail
    oprindelig e-mail · ursprungligt mejl · opprinnelig e-postmelding · oryginał wiadomości · wiadomość pierwotna
    przekazana wiadomość · oryginalny e-mail · původní mail · preposlaná správa · pôvodný e-mail
    pôvodná e-mailová správa
    оригинал сообщения · исходное письмо · оригинальное письмо · пересылаемое письмо · пересланное письмо
    первоначальное письмо · вихідний лист · továbbított üzenet · eredeti levél · mesaj redirecționat
    mesaj redirecţionat · mesajul inițial · προωθημένο μήνυμα · missatge reenviat · оригинално съобщение
    препратено съобщение · originalna poruka · proslijeđena poruka · izvorno sporočilo · posredovano sporočilo
    originalno sporočilo · asıl mesaj · özgün mesaj · orijinal e-posta · pesan asli · pesan terusan
    tin nhắn gốc · thư gốc · ข้อความต้นฉบับ · הודעה מקורית · الرسالة الأصلية · 转发邮件信息 · 原消息 · 原始消息
    原始信件 · 原信件 · 轉寄的郵件 · オリジナル メッセージ · 元メッセージ · 返信元メッセージ · 원문 메시지 · 원본 내용
"""
_FORWARDED = """
    begin forwarded message · anfang der weitergeleiteten nachricht · début du message transféré
    début du message réexpédié · inicio del mensaje reenviado · início da mensagem encaminhada
    início da mensagem reencaminhada · inizio messaggio inoltrato · begin doorgestuurd bericht · vidarebefordrat brev
    start på videresendt besked · videresendt melding · videresendt besked · välitetty viesti alkaa
    początek przekazywanej wiadomości · začátek přeposlané zprávy · начало переадресованного сообщения
    начало пересылаемого сообщения · початок листа, що пересилається · iletilen ileti başlangıcı
    転送されたメッセージ · 下面是被转发的邮件 · 以下是轉寄的郵件 · 전달된 메시지 시작
"""
ORIGINAL = re.compile(rf"[*_]?(?:{any_of(_ORIGINAL)})\s*[:：]?[*_]?", re.IGNORECASE)
DASHES = "[-_=—–‐‑‒*]"
ORIGINAL_MESSAGE = re.compile(
    rf"{DASHES}{{3,}}\s*(?:original|原文)\s*{DASHES}{{3,}}|[*_\"“]?{DASHES}{{2,}}\s*(?:{any_of(_ORIGINAL)})\s*[:：]?\s*(?:{DASHES}{{2,}})?[*_]?|(?:{any_of(_FORWARDED)})\s*[:：]",
    re.IGNORECASE,
)
# The same in a language that isn't named here; it counts above a message's headers.
BETWEEN_DASHES = re.compile(rf"{DASHES}{{3,}}\s*[^\W\d_][^-_=]{{2,50}}?\s*{DASHES}{{3,}}")

# The labels of a quoted message's headers: who wrote; when, or what about; to whom.
FROM_LABELS = frozenset(
    words_of("""
    from · von · absender · de · expéditeur · remitente · remetente · da · mittente · van · afzender · från · fra
    lähettäjä · avsändare · afsender · avsender · od · nadawca · odesílatel · от · от кого · отправитель · від
    feladó · de la · από · kimden · gönderen · 发件人 · 发信人 · 寄件者 · 寄件人 · 差出人 · 送信者 · 送信元 · 発信者
    보낸 사람 · 보낸사람 · 발신자 · 발신 · 발신인 · desde · šalje · šiuntėjas · nuo · saatja · dari · từ · จาก · מאת
    من · pošiljatelj · expeditor · odosielateľ · αποστολέας · відправник · подател · nadawca wiadomości
    """)
)
WHEN_OR_WHAT_LABELS = frozenset(
    words_of("""
    sent · date · subject · gesendet · gesendet am · datum · betreff · envoyé · envoyé le · date d'envoi · objet
    enviado · enviado el · enviado em · enviada · enviada em · fecha · asunto · data · assunto · inviato · oggetto
    verzonden · onderwerp · skickat · ämne · sendt · emne · dato · lähetetty · aihe · päivämäärä · wysłano · temat
    odesláno · předmět · отправлено · дата · тема · надіслано · elküldve · dátum · tárgy · trimis · subiect
    ημερομηνία · θέμα · gönderildi · gönderilme · tarih · konu · 发送时间 · 发送日期 · 日期 · 主题 · 傳送時間 · 发送于
    時間 · 时间 · 寄件日期 · 主旨 · 主題 · 送信日時 · 日時 · 日付 · 件名 · 題名 · 보낸 날짜 · 보낸 시간 · 보낸날짜
    날짜 · 일자 · 제목 · odeslané · datum odeslání · enviat · assumpte · дата відправлення · gönderme tarihi
    data wysłania · data invio · date envoi · sujet · sendt den · sänt · skickat den · päiväys · otsikko · надісланий
    вихідна дата · received · sent on · sent time · sub · thema · tema · тема письма · когда · datum/zeit · envoyés
    date d’envoi · inviato il · data e ora · ogg · verzonden op · skickades · ärende · odoslané · odoslaná · dátum
    odoslania · predmet · изпратено · относно · poslano · zadeva · išsiųsta · saadetud · kuupäev · teema · nosūtīts
    datums · temats · gönderilme zamanı · gönderilme tarihi · σταλμένο · στάλθηκε · trimisă · dikirim · tanggal · subjek
    perihal · đã gửi · ngày · chủ đề · ส่ง · วันที่ · เรื่อง · נשלח · תאריך · נושא · تم الإرسال · التاريخ · الموضوع
    发件时间 · 发送日 · 邮件主题 · 标题 · 發送時間 · 寄件時間 · 標題 · 送信日 · 送信日付 · 送信済み · 送信時刻
    タイトル · 일시 · 발송일 · 보냄 · 보낸 일시 · 보낸일시 · 보낸시간 · 날짜/시간
    """)
)
TO_LABELS = frozenset(
    words_of("""
    to · cc · bcc · reply-to · reply to · an · kopie · à · a · para · aan · till · kopia · til · kopi · vastaanottaja
    kopio · do · dw · komu · кому · копия · címzett · către · προς · kime · bilgi · 收件人 · 抄送 · 收件者 · 副本
    宛先 · 받는 사람 · 받는사람 · 수신자 · 수신 · 참조 · pro · kopie pro · cci · cco · ccn · udw · скрытая копия
    копія · mottagare · modtager · mottaker · ontvanger · destinatario · destinatário · destinataire · empfänger
    alıcı · 收信人 · 密送 · 密件副本 · 返信先 · pour · recipient · naar · do wiadomości · adresat · получатель · до
    копие · prima · za · per a · a/c · kam · adressaat · koopia · kepada · đến · ถึง · สำเนา · אל · עותק · إلى · نسخة
    送信先 · 수신인 · 받는이 · 抄送人 · 收件箱 · copie à · copie · másolatot kap · κοιν · príjemca · primatelj
    příjemce
    """)
)

# What somebody writes above a message that they answer piece by piece.
GREETING = re.compile(
    r"(?:hi|hello|hey|dear|hallo|hej|moin|servus|guten \w+|bonjour|salut|bonsoir|hola|buenas|olá|oi|ciao|buongiorno"
    r"|cześć|dzień dobry|привет|здравствуйте|see below|see inline|inline|answers? (?:below|inline))\b[^.?]{0,30}",
    re.IGNORECASE,
)
