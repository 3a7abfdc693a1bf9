"""Replies of programs that many people use and few tests know: attributions, headers, what only looks like them."""

import pytest

from shared.sources.mail.new_text import new_text

BELOW = "\n\nThe database is slow.\nack\nresolve\n"
MARKED = "\n> The database is slow.\n> ack\n> resolve\n"

ABOVE_MARKED_LINES = [
    "Tocsin wrote on 11/23/2026 4:15 AM:",
    "Tocsin schrieb am 23.11.2026 um 04:15:",
    "Tocsin wrote:",
    "Tocsin schrieb:",
    "On Nov 23, 2026 at 04:15 +0000, Tocsin <x@y.z>, wrote:",
    "\u2063Sent from TypeApp \u200b\n\nOn Nov 23, 2026, 04:15, at 04:15, Tocsin <x@y.z> wrote:",
    "Zitat von Tocsin <x@y.z>:",
    "Quoting Tocsin <x@y.z>:",
    "Am 2026-11-23 04:15, schrieb Tocsin:",
    "On Mon, 23 Nov 2026 04:15:00 +0000\nTocsin <x@y.z> wrote:",
    "Tocsin <x@y.z> writes:",
    "Nov 23, 2026, 04:15 by tocsin@acme.example:",
    "23. Nov. 2026, 04:15 von tocsin@acme.example:",
    "On Monday, November 23rd, 2026 at 4:15 AM, Tocsin <x@y.z> wrote:",
    "Tocsin <x@y.z> escreveu (segunda, 23/11/2026 à(s) 04:15):",
    "On 23 Nov 2026, 04:15 +0100, Tocsin <x@y.z>, wrote:",
    "เมื่อ จ. 23 พ.ย. 2026 เวลา 04:15 Tocsin <x@y.z> เขียนว่า:",
    "Vào Th 2, 23 thg 11, 2026 vào lúc 04:15 Tocsin <x@y.z> đã viết:",
    "\u202bבתאריך יום ב׳, 23 בנוב׳ 2026 ב-4:15 מאת \u202aTocsin\u202c\u200f <\u202ax@y.z\u202c\u200f>:\u202c",
    "Le 23 nov. 2026 à 04:15, Tocsin\n<reply+abcdefghijklmnop@in.acme.example> a\nécrit :",
    "On Mon, Nov 23, 2026 at 4:15 AM Tocsin via Pager <\nreply+abc@in.acme.example> wrote:",
    "Am Montag, dem 23.11.2026 um 04:15 +0000 schrieb Tocsin:",
    "On Monday, 23 November 2026 04:15:00 CET Tocsin wrote:",
    "Den mån 23 nov. 2026 04:15Tocsin <x@y.z> skrev:",
    "El lun., 23 nov. 2026 4:15 a. m., Tocsin <x@y.z> escribió:",
    "В Пн, 23/11/2026 в 04:15 +0000, Tocsin пишет:",
    "V pondělí 23. listopadu 2026 4:15:00, Tocsin napsal(a):",
    "W dniu pon, 23 lis 2026 o 04:15 Tocsin <x@y.z> napisał(a):",
    "20 Kasım 2026 Cuma tarihinde Tocsin <x@y.z> yazdı:",
    "On Mon, 23 Nov 2026, 04:15 Tocsin, <x@y.z> wrote:",
    "2026-11-23 오전 4:15에 Tocsin 이(가) 쓴 글:",
    "Tocsin píše v Po 23. 11. 2026 v 04:15 +0100:",
    "Thus said Tocsin on Mon, 23 Nov 2026 04:15:00 +0100:",
    "On Mon, Nov 23, 2026 at 4:15 AM Tocsin said:",
    "Am 23.11.2026 um 04:15 schrieben Sie:",
    "Вы писали 23 ноября 2026 г., 4:15:00:",
    "On Mon, Nov 23, 2026 at\n4:15 AM Tocsin <reply+k3v@in.acme.example> wrote:",
    "Op maandag 23 november 2026 om\n04:15:00 CET schreef Tocsin\n<reply+k3v@in.acme.example>:",
    "Em 23 de nov. de 2026, à(s)\n04:15, Tocsin\n<reply+k3v@in.acme.example>\nescreveu:",
    "Tocsin <reply+k3v@in.acme.example> 於\n2026年11月23日 凌晨4:15 寫道：",
    "Tocsin schrieb am 23.11.2026\num 04:15:",
    "Keen 23. 11. 2026 kell 04:15\nütles Tocsin\n<reply+k3v@in.acme.example>:",  # in no list
]

ABOVE_UNMARKED_LINES = [
    'At 2026-11-23 04:15:00, "Tocsin" <tocsin@acme.example> wrote:',
    (
        "\n\n---- Replied Message ----\n| From | Tocsin<tocsin@acme.example> |\n"
        "| Date | 11/23/2026 04:15 |\n| To | grace@acme.example |\n| Subject | TOCSIN 17 |"
    ),
    (
        '\n------------------ 原始邮件 ------------------\n发件人: "Tocsin" <x@y.z>;\n'
        '发送时间: 2026年11月23日(星期一) 凌晨4:15\n收件人: "Grace"<g@a.b>;\n主题: T'
    ),
    "发件人： Tocsin\n发送时间： 2026-11-23 04:15\n收件人： Grace\n主题： T",
    ">>> Tocsin <x@y.z> 11/23/2026 4:15 AM >>>",
    "---- On Mon, 23 Nov 2026 04:15:00 +0000 Tocsin <x@y.z> wrote ----",
    "---- Le lun., 23 nov. 2026 04:15:00 +0000 Tocsin <x@y.z> a écrit ----",
    "On November 23, 2026, Tocsin <x@y.z> wrote:",
    "On Mon, Nov 23, 2026 at 4:15 AM, Tocsin < x@y.z > wrote:",
    '------ Original Message ------\nFrom "Tocsin" <x@y.z>\nTo g@a.b\nDate 11/23/2026 4:15:00 AM\nSubject TOCSIN 17',
    '23.11.2026, 04:15, "Tocsin" <x@y.z>:',
    '----------------\nКому: grace (x@y.z);\nТема: T;\n23.11.2026, 04:15, "Tocsin" <x@y.z>:',
    "\nПонедельник, 23 ноября 2026, 4:15 +03:00 от Tocsin <x@y.z>:",
    "---------- Původní e-mail ----------\nOd: Tocsin <x@y.z>\nKomu: g@a.b\nDatum: 23. 11. 2026 4:15:00\nPředmět: T",
    'Gesendet: Montag, 23. November 2026 um 04:15 Uhr\nVon: "Tocsin" <x@y.z>\nAn: g@a.b\nBetreff: T',
    '-----Original-Nachricht-----\nBetreff: T\nDatum: 2026-11-23T04:15:00+0100\nVon: "Tocsin" <x@y.z>',
    "Il 23/11/2026 04:15 Tocsin <x@y.z> ha scritto:",
    "Em 23/11/2026 04:15, Tocsin < x@y.z > escreveu:",
    "--------- 원본 메일 ---------\n보낸사람 : Tocsin <x@y.z>\n받는사람 : g@a.b\n날짜 : 2026-11-23 04:15\n제목 : T",
    "From: Tocsin <x@y.z>\nDate: Monday, 23 November 2026 at 04:15\nTo: Grace <g@a.b>\nSubject: T",
    "Feladó: Tocsin <x@y.z>\nElküldve: 2026. november 23., hétfő 4:15\nCímzett: g@a.b\nTárgy: T",
    "Από: Tocsin <x@y.z>\nΣτάλθηκε: Δευτέρα, 23 Νοεμβρίου 2026 04:15\nΠρος: g@a.b\nΘέμα: T",
    "จาก: Tocsin <x@y.z>\nส่ง: 23 2026 04:15\nถึง: g@a.b\nเรื่อง: T",
    "Op 23 nov. 2026 04:15 schreef Tocsin <x@y.z>:",
    "Tocsin <x@y.z> schrieb am Mo., 23. Nov. 2026, 04:15:",
    '----- Reply message -----\nFrom: "Tocsin" <x@y.z>\nTo: g\nSubject: T\nDate: Mon, Nov 23, 2026 4:15 AM',
    "-----Ursprungligt meddelande-----\nFrån: Tocsin\nSkickat: den 23 november\n",
    "---- Tocsin wrote ----",
    "---- Am Mo., 23 Nov. 2026 04:15:00 +0100 schrieb Tocsin <x@y.z> ----",
    "---- En lun, 23 nov 2026 04:15:00 +0100 Tocsin <x@y.z> escribió ----",
    "---- 月, 23 11月 2026 04:15:00 +0900 Tocsin <x@y.z> さんは書きました ----",
    "Tocsin a écrit le 23/11/2026 à 04:15 :",
    "Às 04:15 de 23/11/2026, Tocsin escreveu:",
    "В понедельник, 23 ноября 2026 г. в 04:15 Tocsin <x@y.z> написал(а):",
    "星期一, 2026年11月23日 04:15, Tocsin <x@y.z> 写道：",
    "2026. nov. 23. dátummal, 4:15 időpontban Tocsin <x@y.z> írta:",
    "ในวันที่ จ. 23 พ.ย. 2026 เวลา 04:15 Tocsin <x@y.z> เขียนว่า:",
    "------------------ Original ------------------\n\nack",
    '"---------- Původní e-mail ----------\nOd: Tocsin <x@y.z>\nKomu: g@a.b\nDatum: 23. 11. 2026\nPředmět: T',
    "---\nFrom: Tocsin <x@y.z>\nDate: Mon, 23 Nov 2026 04:15\nSubject: T\nTo: G",
    "原始邮件\n\n发件人：Tocsin <x@y.z>\n发件时间：2026年11月23日 04:15\n收件人：G\n主　题：T",
    "Od: Tocsin\nOdoslané: pondelok 23. novembra 2026 04:15\nKomu: Ng, Grace\nPredmet: T",
    "מאת: Tocsin\nנשלח: 23.11.2026 04:15\nאל: Ng, Grace\nנושא: T",
]

MAILS = [
    ('ack\n\nAt 2026-11-23 04:15:00, "Tocsin" <tocsin@acme.example> wrote:\n>ack\n>resolve', "ack"),
    (
        'ack\n\n> Message du 23/11/26 04:15\n> De : "Tocsin" <x@y.z>\n> A : g@a.b\n> Copie à :\n> Objet : T\n>\n> ack',
        "ack",
    ),
    ('ack\n\nOn 11/23/26, 4:15 AM, "Tocsin" <x@y.z> wrote:\n\n    ack\n    resolve', "ack"),
    ("ack\n\nOn Nov 21, 2014,\nat 10:18,\nJohn Doe <john@doe123.com> wrote:\n\n> Ok.", "ack"),
    (
        "Thanks Bob, my comments:\n\nOn Mon, Nov 23, 2026 at 4:15 AM X <x@y.z> wrote:\n> q1\nans1\n> q2\nans2",
        "Thanks Bob, my comments:\n\nans1\n\nans2",
    ),
    ("I can't ack this", "I can't ack this"),
    ("On it.\nOn Mon, 23 Nov 2026 at\n04:15, Tocsin <x@y.z> wrote:\n> ack", "On it."),
    ("Down since 10:30\nOn Mon, 23 Nov 2026 at 04:15, T <x@y.z> wrote:\n> ack", "Down since 10:30"),
    ("The vendor said at 10:30:\nack", "The vendor said at 10:30:\nack"),
    ("restart --original\nNo: 5\nDate: today", "restart --original\nNo: 5\nDate: today"),
    ("The vendor wrote at 10:30:\nwe're looking into it", "The vendor wrote at 10:30:\nwe're looking into it"),
    ("Host: a\nUser: b@c.d\nTime: 10:30\n\nresolve", "Host: a\nUser: b@c.d\nTime: 10:30\n\nresolve"),
    ("note: see below\nFrom: the team\nTo: me", "note: see below\nFrom: the team\nTo: me"),
    ("resolve\n\nGrace\n+49 170 1234567", "resolve\n\nGrace\n+49 170 1234567"),
    ("ack\n\n--\nGrace Ng | SRE\nAcme GmbH", "ack"),
    ("ack\n--\n\n\n", "ack"),
    ("ack\n\n***\nThis e-mail is confidential", "ack\n\n***\nThis e-mail is confidential"),
    (
        (
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nack\n-----BEGIN PGP SIGNATURE-----\n\niQ\n"
            "-----END PGP SIGNATURE-----\n"
        ),
        "ack",
    ),
    (
        (
            "ack\n\nEnviado do meu iPhone\n\n> Em 23 de nov. de 2026, à(s) 04:15, Tocsin <x@y.z> escreveu:\n"
            "> \n> \ufeffTOCSIN"
        ),
        "ack",
    ),
    ("ack\n\n\n\n\n> On 23 Nov 2026, at 4:15 am, Tocsin <x@y.z> wrote:\n> \n> ack\n\n", "ack"),
    ("ack\n\n[image: logo]\nGrace", "ack\n\n[image: logo]\nGrace"),
    (
        (
            "ack\r\n\r\nFrom: Tocsin <x@y.z> \r\nSent: Monday, November 23, 2026 4:15 AM\r\n"
            "To: Grace <g@a.b>\r\nSubject: [EXTERNAL] T\r\n\r\nack"
        ),
        "ack",
    ),
    (
        (
            "ack\n\n"
            "-------- Mensaje original --------De: Tocsin <x@y.z> Fecha: 23/11/26  4:15  (GMT+01:00) "
            "Para: g@a.b Asunto: T \n"
            " ack"
        ),
        "ack",
    ),
    (
        (
            "ack\n\n"
            "-------- Original message --------From: Tocsin <x@y.z> Date: 11/23/26  4:15 AM  (GMT-05:00) "
            "To: g@a.b Subject: T \n"
            "ack"
        ),
        "ack",
    ),
    ("ack\n\nOn Monday, November 23, 2026, 4:15 AM, Tocsin <x@y.z> wrote:\n\nack", "ack"),
    ("ack\n\n    On Monday, November 23, 2026 at 04:15:00 AM GMT+1, Tocsin <x@y.z> wrote:  \n \n ack", "ack"),
    ("ack\n\n差出人: Tocsin <x@y.z>\n日付: 2026年11月23日 月曜日 4:15\n宛先: Grace\n件名: T\n\nack", "ack"),
    ("ack\n\n> ack\n> resolve", "ack"),
    ("ack\nTOCSIN 17 · CRITICAL · checkout\nresolve", "ack"),
    ("ack\n\n\n--- Original Message ---\nFrom: x", "ack"),
    (
        "Hi,\n\nsee my answers inline.\n\nOn Mon, Nov 23, 2026 at 4:15 AM X <x@y.z> wrote:\n> q1\nack\n> q2\n",
        "Hi,\n\nsee my answers inline.\n\nack",
    ),
    ("Fwd\n\nBegin forwarded message:\n\nFrom: x <x@y.z>\nDate: 23 November 2026\nSubject: T\n\nack", "Fwd"),
    ("FYI\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: x\n> ack", "FYI"),
    (
        (
            "ack\n\nMit freundlichen Grüßen\nGrace Ng\n\nVon: Tocsin [mailto:x@y.z]\n"
            "Gesendet: Montag, 23. November 2026 04:15\nAn: Ng, Grace\nBetreff: T\n\nack"
        ),
        "ack\n\nMit freundlichen Grüßen\nGrace Ng",
    ),
    ("ack\n\n________________________________\nVon: Tocsin <x@y.z>\nGesendet: Montag\nAn: G\nBetreff: T\n\nack", "ack"),
    ("ack\n\nSent from my iPhone\n\nOn Nov 23, 2026, at 4:15 AM, Tocsin <x@y.z> wrote:\n\n\ufeff\nack", "ack"),
]


@pytest.mark.parametrize("introduction", ABOVE_MARKED_LINES)
def test_what_introduces_marked_lines_is_not_the_author_s(introduction: str) -> None:
    assert new_text(f"ack\n\n{introduction}{MARKED}") == "ack"
    assert new_text(f"ack\n\n{introduction}\n{MARKED}") == "ack"


@pytest.mark.parametrize("introduction", ABOVE_UNMARKED_LINES)
def test_below_what_introduces_a_message_nothing_counts(introduction: str) -> None:
    assert new_text(f"ack\n\n{introduction}{BELOW}") == "ack"
    assert new_text(f"ack\r\n\r\n{introduction}{BELOW}".replace("\n", "\r\n").replace("\r\r", "\r")) == "ack"


@pytest.mark.parametrize(("mail", "own"), MAILS)
def test_a_mail_s_own_words(mail: str, own: str) -> None:
    assert new_text(mail) == own
