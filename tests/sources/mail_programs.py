"""What mail programs make of one reply, in eighteen languages: the words of each program, as its users see them.

One row is a language; a form is how a program lays out a reply. Each form with each language is one mail, whose author
wrote ``WORDS`` and nothing else.
"""

import base64
import quopri
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

WORDS = "snooze 2h"
PAGE = (
    "TOCSIN 17 · CRITICAL · checkout",
    "ack",
    "resolve",
    "Latency above 2 s for 10 minutes in eu-central-1, and no sign of an end to it so far.",
)


@dataclass(frozen=True, slots=True)
class Language:
    """``gmail``, ``apple``, ``thunderbird``: the attribution; ``labels``: from, sent, to, subject."""

    charset: str
    gmail: str
    apple: str
    thunderbird: str
    labels: tuple[str, str, str, str]
    original: str
    phone: str
    outlook: str


US = "Tocsin <reply+k3v@in.acme.example>"
BR = "Tocsin (<reply+k3v@in.acme.example>)"

LANGUAGES: Mapping[str, Language] = {
    "en": Language(
        "us-ascii", f"On Mon, Nov 23, 2026 at 4:15 AM {US} wrote:", f"On 23 Nov 2026, at 04:15, {US} wrote:",
        "On 11/23/26 04:15, Tocsin wrote:", ("From:", "Sent:", "To:", "Subject:"), "Original Message",
        "Sent from my iPhone", "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    ),
    "de": Language(
        "iso-8859-1", f"Am Mo., 23. Nov. 2026 um 04:15 Uhr schrieb {US}:", f"Am 23.11.2026 um 04:15 schrieb {US}:",
        "Am 23.11.26 um 04:15 schrieb Tocsin:", ("Von:", "Gesendet:", "An:", "Betreff:"), "Ursprüngliche Nachricht",
        "Von meinem iPhone gesendet", "Outlook für Android beziehen<https://aka.ms/AAb9ysg>",
    ),
    "fr": Language(
        "utf-8", f"Le lun. 23 nov. 2026 à 04:15, {US} a écrit :", f"Le 23 nov. 2026 à 04:15, {US} a écrit :",
        "Le 23/11/2026 à 04:15, Tocsin a écrit :", ("De :", "Envoyé :", "À :", "Objet :"), "Message d'origine",
        "Envoyé de mon iPhone", "Télécharger Outlook pour Android",
    ),
    "es": Language(
        "windows-1252",
        f"El lun, 23 nov 2026 a las 4:15, {BR} escribió:", f"El 23 nov 2026, a las 4:15, {US} escribió:",
        "El 23/11/26 a las 4:15, Tocsin escribió:", ("De:", "Enviado:", "Para:", "Asunto:"), "Mensaje original",
        "Enviado desde mi iPhone", "Obtener Outlook para Android",
    ),
    "pt": Language(
        "utf-8", f"Em seg., 23 de nov. de 2026 às 04:15, {US} escreveu:",
        f"Em 23 de nov. de 2026, à(s) 04:15, {US} escreveu:", "Em 23/11/2026 04:15, Tocsin escreveu:",
        ("De:", "Enviado:", "Para:", "Assunto:"), "Mensagem original", "Enviado do meu iPhone",
        "Obter o Outlook para Android",
    ),
    "it": Language(
        "iso-8859-15", f"Il giorno lun 23 nov 2026 alle ore 04:15 {US} ha scritto:",
        f"Il giorno 23 nov 2026, alle ore 04:15, {US} ha scritto:", "Il 23/11/2026 04:15, Tocsin ha scritto:",
        ("Da:", "Inviato:", "A:", "Oggetto:"), "Messaggio originale", "Inviato da iPhone",
        "Scarica Outlook per Android",
    ),
    "nl": Language(
        "utf-8", f"Op ma 23 nov 2026 om 04:15 schreef {US}:",
        f"Op 23 nov 2026 om 04:15 heeft {US} het volgende geschreven:",
        "Op 23-11-2026 om 04:15 schreef Tocsin:", ("Van:", "Verzonden:", "Aan:", "Onderwerp:"),
        "Oorspronkelijk bericht",
        "Verstuurd vanaf mijn iPhone", "Outlook voor Android downloaden",
    ),
    "pl": Language(
        "iso-8859-2", f"pon., 23 lis 2026 o 04:15 {US} napisał(a):",
        f"Wiadomość napisana przez {US} w dniu 23 lis 2026, o godz. 04:15:", "W dniu 23.11.2026 o 04:15, Tocsin pisze:",
        ("Od:", "Wysłano:", "Do:", "Temat:"), "Oryginalna wiadomość", "Wysłane z iPhone'a",
        "Pobierz aplikację Outlook dla systemu Android",
    ),
    "ru": Language(
        "koi8-r", f"пн, 23 нояб. 2026 г. в 04:15, {US}:", f"23 нояб. 2026 г., в 04:15, {US} написал(а):",
        "23.11.2026 04:15, Tocsin пишет:", ("От:", "Отправлено:", "Кому:", "Тема:"), "Исходное сообщение",
        "Отправлено с iPhone", "Скачать Outlook для Android",
    ),
    "ja": Language(
        "iso-2022-jp", f"2026年11月23日(月) 4:15 {US}:", f"2026/11/23 4:15、{US}のメール:",
        "On 2026/11/23 4:15, Tocsin wrote:", ("差出人:", "送信日時:", "宛先:", "件名:"), "元のメッセージ",
        "iPhoneから送信", "Android 版 Outlook を入手する",
    ),
    "zh-CN": Language(
        "gb18030", f"{US} 于2026年11月23日周一 04:15写道：", f"在 2026年11月23日，04:15，{US} 写道：",
        "在 2026/11/23 4:15, Tocsin 写道:", ("发件人:", "发送时间:", "收件人:", "主题:"), "原始邮件", "发自我的 iPhone",
        "获取 Outlook for Android",
    ),
    "zh-TW": Language(
        "utf-8", f"{US} 於 2026年11月23日 週一 上午4:15寫道：", f"{US} 於 2026年11月23日 凌晨4:15 寫道：",
        "Tocsin 於 2026/11/23 上午 04:15 寫道:", ("寄件者:", "寄件日期:", "收件者:", "主旨:"), "原始郵件",
        "從我的iPhone傳送", "取得 Android 版 Outlook",
    ),
    "sv": Language(
        "utf-8", f"Den mån 23 nov. 2026 kl 04:15 skrev {US}:", f"23 nov. 2026 kl. 04:15 skrev {US}:",
        "Den 2026-11-23 kl. 04:15, skrev Tocsin:", ("Från:", "Skickat:", "Till:", "Ämne:"), "Originalmeddelande",
        "Skickat från min iPhone", "Hämta Outlook för Android",
    ),
    "da": Language(
        "iso-8859-1", f"Den man. 23. nov. 2026 kl. 04.15 skrev {US}:", f"Den 23. nov. 2026 kl. 04.15 skrev {US}:",
        "Den 23.11.2026 kl. 04.15 skrev Tocsin:", ("Fra:", "Sendt:", "Til:", "Emne:"), "Oprindelig meddelelse",
        "Sendt fra min iPhone", "Hent Outlook til Android",
    ),
    "nb": Language(
        "utf-8", f"man. 23. nov. 2026 kl. 04:15 skrev {US}:", f"23. nov. 2026 kl. 04:15 skrev {US}:",
        "Den 23.11.2026 04:15, skrev Tocsin:", ("Fra:", "Sendt:", "Til:", "Emne:"), "Opprinnelig melding",
        "Sendt fra min iPhone", "Få Outlook for Android",
    ),
    "fi": Language(
        "utf-8", f"ma 23. marrask. 2026 klo 4.15 {US} kirjoitti:", f"{US} kirjoitti 23.11.2026 kello 4.15:",
        "Tocsin kirjoitti 23.11.2026 klo 4.15:", ("Lähettäjä:", "Lähetetty:", "Vastaanottaja:", "Aihe:"),
        "Alkuperäinen viesti", "Lähetetty iPhonesta", "Hanki Outlook for Android",
    ),
    "cs": Language(
        "windows-1250", f"po 23. 11. 2026 v 4:15 odesílatel {US} napsal:", f"23. 11. 2026 v 4:15, {US}:",
        "Dne 23.11.2026 v 4:15 Tocsin napsal(a):", ("Od:", "Odesláno:", "Komu:", "Předmět:"), "Původní zpráva",
        "Odesláno z iPhonu", "Získejte Outlook pro Android",
    ),
    "tr": Language(
        "iso-8859-9", f"{US}, 23 Kas 2026 Pzt, 04:15 tarihinde şunu yazdı:", f"{US} şunları yazdı (23 Kas 2026 04:15):",
        "23.11.2026 04:15 tarihinde Tocsin yazdı:", ("Kimden:", "Gönderildi:", "Kime:", "Konu:"), "Özgün İleti",
        "iPhone'umdan gönderildi", "Android için Outlook'u edinin",
    ),
    "ko": Language(
        "euc-kr", f"2026년 11월 23일 (월) 오전 4:15, {US}님이 작성:",
        f"2026. 11. 23. 오전 4:15, {US} 작성:",
        "2026-11-23 오전 4:15에 Tocsin 이(가) 쓴 글:",
        ("보낸 사람:", "보낸 날짜:", "받는 사람:", "제목:"), "원본 메시지",
        "나의 iPhone에서 보냄", "Android용 Outlook 다운로드",
    ),
    "uk": Language(
        "koi8-u", f"пн, 23 лист. 2026 р. о 04:15 {US} пише:", f"23 лист. 2026 р. о 04:15 {US} написав(ла):",
        "23.11.2026 04:15, Tocsin пише:", ("Від:", "Надіслано:", "Кому:", "Тема:"), "Оригінальне повідомлення",
        "Надіслано з iPhone", "Завантажити Outlook для Android",
    ),
}  # fmt: skip


def marked(*lines: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in lines)


def headers(language: Language, bold: str = "") -> str:
    """The quoted message's headers as Outlook writes them."""
    values = (US, "23.11.2026 04:15", "Grace Ng <grace@acme.example>", "TOCSIN 17")
    return "\n".join(f"{bold}{label}{bold} {value}" for label, value in zip(language.labels, values, strict=True))


def folded(attribution: str) -> str:
    """Broken where mail programs break it, before the address and the verb."""
    return attribution.replace(" <", "\n<", 1).replace("> ", ">\n", 1)


def html_headers(language: Language) -> str:
    return "<br>".join(
        f"<b>{label}</b> {escape(line.removeprefix(label))}"
        for label, line in zip(language.labels, headers(language).split("\n"), strict=True)
    )


HTML_PAGE = "".join(f"<p>{escape(line)}</p>" for line in PAGE)
TEXT_PAGE = "\n".join(PAGE)

PLAIN: Mapping[str, Callable[[Language], str]] = {
    "gmail": lambda language: f"{WORDS}\n\n{language.gmail}\n\n{marked(*PAGE)}\n",
    "gmail, folded": lambda language: f"{WORDS}\n\n{folded(language.gmail)}\n\n{marked(*PAGE)}\n",
    "gmail, not marked": lambda language: f"{WORDS}\n\n{language.gmail}\n\n{TEXT_PAGE}\n",
    "gmail, not our page": lambda language: f"{WORDS}\n\n{folded(language.gmail)}\n\nack\nresolve\n",
    "apple": lambda language: f"{WORDS}\n\n{language.phone}\n\n{marked(language.apple, '', *PAGE)}\n",
    "apple, on a Mac": lambda language: f"{WORDS}\n\n{language.apple}\n\n{marked(*PAGE)}\n",
    "thunderbird": lambda language: f"{WORDS}\n\n-- \nGrace Ng\nack\n\n{language.thunderbird}\n{marked(*PAGE)}\n",
    "thunderbird, below": lambda language: f"{language.thunderbird}\n{marked(*PAGE)}\n\n{WORDS}\n",
    "thunderbird, between": lambda language: (
        f"{language.thunderbird}\n{marked(*PAGE[:2])}\n\n{WORDS}\n\n{marked(*PAGE[2:])}\n"
    ),
    "outlook": lambda language: f"{WORDS}\n\n{headers(language)}\n\n{TEXT_PAGE}\n",
    "outlook, not our page": lambda language: f"{WORDS}\n\n{headers(language)}\n\nack\nresolve\n",
    "outlook, mobile": lambda language: (
        f"{WORDS}\n\n{language.outlook}\n{'_' * 32}\n{headers(language)}\n\nack\nresolve\n"
    ),
    "outlook, bold": lambda language: f"{WORDS}\n\n{'-' * 30}\n{headers(language, '*')}\n\nack\nresolve\n",
    "windows mail": lambda language: f"{WORDS}\n\n-----{language.original}-----\n{headers(language)}\n\nack\n",
    "samsung": lambda language: f"{WORDS}\n\n\n-------- {language.original} --------\n{headers(language)}\n\nack\n",
    "forwarded": lambda language: f"{WORDS}\n\n---------- {language.original} ---------\n{headers(language)}\n\nack\n",
    "proton": lambda language: f"{WORDS}\n\n‐‐‐‐‐‐‐ {language.original} ‐‐‐‐‐‐‐\n{language.gmail}\n\n{marked(*PAGE)}\n",
}

HTML: Mapping[str, Callable[[Language], str]] = {
    "gmail": lambda language: (
        f'<div dir="ltr">{WORDS}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
        f'class="gmail_attr">{escape(language.gmail)}<br></div><blockquote class="gmail_quote" style="margin:0px">'
        f"{HTML_PAGE}</blockquote></div>"
    ),
    "gmail, between": lambda language: (
        f'<div class="gmail_quote"><div class="gmail_attr">{escape(language.gmail)}<br></div><blockquote '
        f'class="gmail_quote">{HTML_PAGE}</blockquote><div><br></div><div>{WORDS}</div><div><br></div><blockquote '
        f'class="gmail_quote">resolve</blockquote></div>'
    ),
    "apple": lambda language: (
        f"<html><body>{WORDS}<br><br><div dir='ltr'>{escape(language.phone)}</div><div dir='ltr'><br><blockquote "
        f'type="cite">{escape(language.apple)}<br><br></blockquote></div><blockquote type="cite"><div>{HTML_PAGE}</div>'
        f"</blockquote></body></html>"
    ),
    "thunderbird": lambda language: (
        f'<html><head><title>resolve</title></head><body><p>{WORDS}</p><div class="moz-signature">-- <br>'
        f'Grace</div><div class="moz-cite-prefix">{escape(language.thunderbird)}<br></div><blockquote type="cite" '
        f'cite="mid:1">{HTML_PAGE}</blockquote></body></html>'
    ),
    "outlook": lambda language: (
        f'<html xmlns:o="urn:schemas-microsoft-com"><head><style><!-- p.MsoNormal {{margin:0}} --></style>'
        f'</head><body><div class="WordSection1"><p class="MsoNormal">{WORDS}<o:p></o:p></p><p class="MsoNormal">'
        f'<o:p>&nbsp;</o:p></p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
        f'<p class="MsoNormal">{html_headers(language)}<o:p></o:p></p></div><p>ack</p></div></body></html>'
    ),
    "outlook, web": lambda language: (
        f'<html><head><style>P {{margin-top:0}}</style></head><body dir="ltr">'
        f'<div class="elementToProof">{WORDS}</div><div id="Signature"><p>Grace</p></div><div id="appendonsend"></div>'
        f'<hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">{html_headers(language)}</div>'
        f"<div><p>ack</p></div></body></html>"
    ),
    "outlook, mobile": lambda language: (
        f'<div dir="auto">{WORDS}</div><div id="ms-outlook-mobile-signature"><a href="https://aka.ms/AAb9ysg">'
        f'{escape(language.outlook)}</a></div><hr><div id="divRplyFwdMsg">{html_headers(language)}</div>ack'
    ),
    "yahoo": lambda language: (
        f'<div class="yahoo-style-wrap">{WORDS}</div><div id="yahoo_quoted_4711" class="yahoo_quoted"><div>'
        f"{escape(language.gmail)}</div><div>{HTML_PAGE}</div></div>"
    ),
    "proton": lambda language: (
        f'<div style="color:red">{WORDS}</div><div class="protonmail_signature_block"><div>{language.phone}</div>'
        f'</div><div class="protonmail_quote">{escape(language.gmail)}<br><blockquote class="protonmail_quote" '
        f'type="cite">{HTML_PAGE}</blockquote></div>'
    ),
    "roundcube": lambda language: (
        f'<p>{WORDS}</p><p id="reply-intro">{escape(language.thunderbird)}</p><blockquote type="cite">{HTML_PAGE}'
        f"</blockquote>"
    ),
}


def mail(text: str, language: Language, kind: str = "plain", encoding: str = "base64") -> bytes:
    """The reply as it arrives: in the charset of its language where that has the characters."""
    try:
        charset, body = language.charset, text.encode(language.charset)
    except UnicodeEncodeError:
        charset, body = "utf-8", text.encode()
    encoded = base64.encodebytes(body) if encoding == "base64" else quopri.encodestring(body)
    head = (
        f"From: =?utf-8?q?Grace?= <grace@acme.example>\r\nSubject: Re: TOCSIN 17\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: text/{kind}; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    )
    return head.encode() + encoded.replace(b"\n", b"\r\n")
