"""What devices and programs write below a mail by themselves: Sent from my iPhone, Get Outlook for Android.

Laws: a line counts that consists of nothing else; the words are as the programs show them, ``·`` between them. A line
that only begins like one (``sent to the on-call room``) is the author's own.
"""

import re

from shared.sources.mail.phrases import any_of

LINE_MAX = 200  # characters; the addresses of shops are long

# By whom, wherever in the line: devices, makers, programs, and how such a thing is called mine.
_NAMES = """
    iphone · iphonu · iphonie · ipad · ipod · ios · apple · android · windows phone · windows mobile · blackberry
    samsung · galaxy · huawei · honor · xiaomi · redmi · poco · oppo · oneplus · realme · vivo · nokia · motorola
    moto · xperia · sony · lg · htc · lumia · pixel · lenovo · fairphone · nothing phone · outlook · hotmail · windows
    yahoo · ymail · gmail · inbox · aol · proton · protonmail · proton mail · tutanota · tuta · mailbox · airmail
    spark · superhuman · canary · edison · typeapp · bluemail · blue mail · aqua mail · aquamail · k-9 · k9
    thunderbird · fairemail · nine · hey · newton · polymail · mailspring · em client · emclient · mailbird · zoho
    gmx · web.de · t-online · freenet · mail.com · mail.ru · yandex · яндекс · яндекс.почты · почты mail.ru · myмail
    mymail · qq · foxmail · 163 · 126 · netease · naver · daum · icloud · seznam · email.cz · onet · wp · orange
    free · sfr · bouygues · laposte · libero · virgilio · virgilio mail · tiscali · telstra · verizon · at&t
    t-mobile · sprint · vodafone · bell · rogers · telus · xfinity · comcast · workspace · boxer · mimecast
    touchdown · maildroid · cloudmagic · front · missive · shortwave · spike · fastmail · hushmail · startmail
    posteo · mailo · telekom · mail app · 모바일 · surface · smartphone · mobiltelefon · mobil · mobile · mobiel
    mobilu · móvil · móvel · mobiele
    handy · tablet · cellphone · cell phone · cell · phone · téléphone · teléfono · telefono · telefon · telefoon
    celular · cellulare · telemóvel · telefonu · komórki · puhelimesta · puhelimestani · kännykästä · телефона
    смартфона · мобильного · мобильного устройства · 手机 · 手機 · 携帯 · スマートフォン · 스마트폰 · 휴대폰 · 아이폰
    갤럭시 · 网易 · 邮箱 · 華為 · 华为 · 小米 · mail for · the new outlook · sähköposti · sähköpostista · pošta
    poczta · poczty · courrier · correo · correio · posta · почта · почты · пошта · пошти · e-post · メール · 邮件
    郵件 · 메일
"""
_MINE = """
    my · mein · meinem · meiner · mon · ma · mi · mio · mia · meu · minha · mijn · min · mitt · mit · mé · mého
    mojego · mojej · моего · мого · 我的 · 나의 · 내
"""
NAMES = rf"(?:(?<![a-z0-9à-ÿ-])(?:{any_of(_NAMES)})|(?<!\w)(?:{any_of(_MINE)})(?!\w))"

# How such a line begins.
_SENT = """
    sent from · sent via · sent with · sent by · sent using · sent on · sent through · sent out from · posted from
    written on · composed on · from my · gesendet von · gesendet mit · gesendet aus · gesendet über · gesendet via
    gesendet vom · gesendet per · verschickt von · verschickt mit · verfasst mit · diese nachricht wurde von
    diese nachricht wurde mit · diese e-mail wurde von · diese mail wurde von · von meinem · von meiner · envoyé de
    envoyé depuis · envoyé à partir de · envoyé à partir du · envoyé à partir d · envoyé avec · envoyé par
    envoyé via · envoyé d · envoyée de · envoyée depuis · message envoyé de · provenance : · provenance: · provenance
    enviado desde · enviado do · enviado da · enviado de · enviado pelo · enviado pela · enviado via · enviado con
    enviado com · enviado por · enviado a partir do · enviado a partir de · enviado através · enviado mediante
    obtenido de · inviato da · inviato dal · inviato dall · inviato dalla · inviato con · inviato tramite · inviata da
    inviata dal · verzonden vanaf · verzonden vanuit · verzonden met · verzonden via · verzonden van · verzonden door
    verstuurd vanaf · verstuurd vanuit · verstuurd met · verstuurd via · verstuurd van · van mijn · skickat från
    skickat med · skickat via · skickades från · skickas från · sänt från · sendt fra · sendt med · sendt via
    sendt fra min · lähetetty · lähetin · wysłane z · wysłano z · wysłana z · wysłane przez · wysłano przez
    wysłane ze · wiadomość wysłana z · odesláno z · odesláno ze · odesláno pomocí · odesláno přes · odoslané z
    poslané z · posláno z · отправлено с · отправлено со · отправлено из · отправлено через · отправлено при помощи
    послано с · отослано с · надіслано з · надіслано із · надіслано через · відправлено з · відправлено із · küldve
    elküldve · trimis de pe · trimis din · στάλθηκε από · enviat des de · enviat des del · poslano s · poslano iz
    poslano z · изпратено от · đã gửi từ · dikirim dari · ส่งจาก · נשלח מה · مرسل من · مُرسل من · secured with
    secured by
    wysłano za pomocą · wysłane za pomocą · создано в · простите за краткость, создано в
    发自 · 發自 · 发送自 · 来自 · 來自 · 从我的 · 從我的 · 从 · 從 · 通过 · 使用 · 由我的
"""
# How it ends, where the verb comes last.
_SENT_LAST = """
    gesendet · verschickt · gesendet. · geschrieben · から送信 · から送信されました · から送信されたメール
    より送信 · で送信 · 发送 · 发出
    傳送 · 寄出 · 發送 · 传送 · 에서 보냄 · 에서 보낸 메일 · 에서 보냈습니다 · 보냄 · 에서 전송 · gönderildi
    gönderilmiştir · yollandı · küldve · lähetetty
"""
# How a program offers itself.
_GET = """
    get · download · try · obtenez · télécharger · téléchargez · obtenir · obtener · obtenga · consigue · descargar
    descarga · obter · obtenha · baixar · baixe · transferir · ottieni · scarica · download de · pobierz
    pobierz aplikację · uzyskaj · получить · получите · скачать · скачайте · загрузить · завантажити · отримати
    holen sie sich · hol dir · laden sie · outlook · skaff · skaff deg · získajte · töltse le · descărcați · descarcă
    hämta · skaffa · hent · få · last ned · hanki · lataa · získejte
    získat · stáhnout · stáhněte · edinin · 获取 · 下载 · 取得 · 下載 · 入手 · android 版 · ios 版 · android用 · ios용
    android용 · android için · ios için · yahoo mail · sécurisé par · gesichert mit · protected by
"""
_STORES = "outlook · yahoo · proton · protonmail · spark · gmail · mail.ru · bluemail · aqua mail · typeapp · aol"
_SYSTEMS = "ios · android · iphone · ipad · windows · mac"

# What some programs say of themselves, word by word.
_SAYINGS = """
    yahoo mail: search, organize, conquer · yahoo mail: search, organise, conquer · yahoo mail : recherchez
    yahoo mail : cherchez · yahoo mail: busca · yahoo mail: trova · get the new aol app · sent on the go
    von unterwegs gesendet · gesendet von unterwegs · yahoo mail: buscar · yahoo mail: suche · secured with proton mail
    secured with protonmail
    virus-free. www.avast.com · virus-free.www.avast.com · ce message a été envoyé avec imp
    verschlüsselt gesendet mit
"""

_OPENED = r"[\s(<\[*_>~|-]{0,6}"
DEVICES = re.compile(
    rf"""{_OPENED}(?:
        (?:{any_of(_SENT)})(?:\s|['’]|(?<=[^a-z]))\W{{0,4}}.{{0,60}}?{NAMES}.{{0,120}}
        |(?:von|aus|mit)\s.{{1,60}}\s(?:gesendet|verschickt|geschrieben)\b.{{0,40}}
        |.{{0,40}}?{NAMES}.{{0,40}}?(?:{any_of(_SENT_LAST)})[\s.。!）)\]*_]{{0,6}}
        |(?:{any_of(_GET)})\b.{{0,40}}?(?:{any_of(_STORES)})\b.{{0,40}}?(?:{any_of(_SYSTEMS)}|mobile).{{0,120}}
        |(?:{any_of(_GET)})\s?.{{0,20}}?(?:outlook)\b.{{0,120}}https?://\S{{1,120}}
        |(?:outlook|yahoo\ mail|proton\ mail)\ .{{0,30}}?(?:{any_of(_SYSTEMS)})\b.{{0,120}}
        |(?:(?:{any_of(_GET)})\s?)?(?:{any_of(_SYSTEMS)})\s?(?:版|用|용|için|版的)\s?.{{0,20}}?(?:outlook)\b.{{0,120}}
        |(?:{any_of(_SAYINGS)}).{{0,80}}
    )$""",
    re.IGNORECASE | re.VERBOSE,
)

# The same in one's own words; a signature only as the last paragraph.
SENT_FROM = re.compile(r"sent (?:from|via) (?:\S+ ?){1,8}$", re.IGNORECASE)
WORDS_MAX = 16  # words of such a line


def of_a_device(line: str) -> bool:
    """Whether the line is a device's or a program's word, not the author's."""
    bare = line.strip()
    return 0 < len(bare) <= LINE_MAX and len(bare.split()) <= WORDS_MAX and DEVICES.match(bare) is not None
