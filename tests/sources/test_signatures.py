"""What a device or a program says of itself, in the languages they speak, and what only begins so."""

import pytest

from shared.sources.mail.new_text import new_text
from shared.sources.mail.signatures import of_a_device

OF_A_DEVICE = """
Sent from my iPhone
iPhoneから送信されたメール
Изпратено от моя iPhone
Đã gửi từ iPhone của tôi
Dikirim dari iPhone saya
ส่งจาก iPhone ของฉัน
모바일에서 보냄
Wysłano za pomocą bezpiecznej poczty Proton Mail.
Gesendet mit der Telekom Mail App
Gesendet von unterwegs
Yahoo Mail : Cherchez, organisez, conquérez
Secured with Tuta Mail
Простите за краткость, создано в K-9 Mail.
Získajte Outlook pre Android
Descărcați Outlook pentru iOS
Sent from my Galaxy
Sent from my Galaxy S23 Ultra
Sent from my Verizon, Samsung Galaxy smartphone
Sent from Mail for Windows 10
Sent from Mail for Windows
Sent from [Mail](https://go.microsoft.com/fwlink/?LinkId=550986) for Windows 10
Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows 10
Sent from Outlook for Android<https://aka.ms/AAb9ysg>
Sent from Outlook for iOS
Sent from Yahoo Mail on Android
Sent from Yahoo Mail for iPhone
Sent from AOL on Android
Sent from ProtonMail mobile
Sent from Proton Mail for iOS
Sent from [Proton Mail](https://proton.me/mail/home) for Android.
Sent with Proton Mail secure email.
Sent with [ProtonMail](https://protonmail.com) Secure Email.
Get Outlook for iOS
Get Outlook for Android<https://aka.ms/ghei36>
Get [Outlook for Android](https://aka.ms/AAb9ysg)
Get the Outlook app for Android
Von meinem iPhone gesendet
Von meinem Samsung Galaxy Smartphone gesendet.
Von meinem/meiner Galaxy gesendet
Gesendet von meinem Galaxy A52
Gesendet von Outlook für Android
Gesendet von Mail für Windows
Gesendet mit der GMX Mail App
Gesendet mit der mobilen Mail App
Gesendet mit Proton Mail
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Outlook für Android beziehen
Holen Sie sich Outlook für Android
Holen Sie sich Outlook für iOS<https://aka.ms/o0ukef>
Envoyé de mon iPhone
Envoyé depuis mon Galaxy
Envoyé à partir de Outlook pour Android
Envoyé avec la messagerie sécurisée Proton Mail.
Envoyé à partir de Courrier pour Windows
Provenance : Courrier pour Windows 10
Télécharger Outlook pour Android
Obtenir Outlook pour iOS
Téléchargez Outlook pour Android
Enviado desde mi iPhone
Enviado desde Outlook para Android
Enviado desde Correo para Windows
Enviado desde mi Huawei de Claro
Obtener Outlook para Android
Enviado do meu iPhone
Enviado do Outlook para iOS
Enviado do Yahoo Mail para Android
Enviado via iPhone
Obter o Outlook para Android
Obter Outlook para iOS
Inviato da iPhone
Inviato dal mio iPhone
Inviato da Outlook per Android
Inviato da Posta per Windows
Inviato dal mio Galaxy
Scarica Outlook per Android
Ottieni Outlook per Android
Verstuurd vanaf mijn iPhone
Verzonden vanaf mijn Galaxy
Verzonden vanuit Mail voor Windows
Verzonden met Proton Mail
Outlook voor Android downloaden
Outlook voor iOS downloaden
Wysłane z iPhone'a
Wysłane z iPhone’a
Wysłane z mojego iPhone’a
Wysłano z telefonu Galaxy
Wysłane z Proton Mail
Wysłane z aplikacji Poczta dla systemu Windows
Pobierz aplikację Outlook dla systemu Android
Pobierz program Outlook dla systemu iOS
Отправлено с iPhone
Отправлено с моего iPhone
Отправлено из Outlook для Android
Отправлено из Почты для Windows
Отправлено из Mail.ru для Android
Отправлено из мобильной Почты Mail.ru
Отправлено из мобильного приложения Яндекс Почты
Отправлено с устройства Galaxy
Скачать Outlook для Android
Получить Outlook для Android
iPhoneから送信
私のiPhoneから送信
Galaxyから送信
Windows 版のメールから送信
Outlook for Android を入手
Android 版 Outlook を入手する
Outlook for iOS を取得
Yahoo!メールアプリから送信
从我的iPhone发送
发自我的 iPhone
发自我的华为手机
发自我的小米手机
发自我的iPad
发送自 Windows 10 版邮件应用
从 Windows 版邮件发送
获取 Outlook for Android
获取 Outlook for iOS<https://aka.ms/o0ukef>
下载 Android 版 Outlook
來自我的 iPhone
從我的 iPhone 傳送
發自我的 iPhone
取得 Android 版 Outlook
取得 Outlook for iOS
從 Windows 版郵件傳送
Skickat från min iPhone
Skickat från Outlook för Android
Skickat från E-post för Windows
Hämta Outlook för Android
Skaffa Outlook för iOS
Sendt fra min iPhone
Sendt fra Outlook til Android
Sendt fra Mail til Windows
Hent Outlook til Android
Få Outlook for Android
Sendt fra E-post for Windows
Lähetetty iPhonesta
Lähetetty Outlook for Androidista
Hanki Outlook for Android
Hanki Outlook Androidille
Odesláno z iPhonu
Odesláno z Outlooku pro Android
Získejte Outlook pro Android
Získat Outlook pro Android
iPhone'umdan gönderildi
iPhone’umdan gönderildi
Android için Outlook'u edinin
Outlook for Android'i edinin
나의 iPhone에서 보냄
내 iPhone에서 보냄
Galaxy에서 보냄
Android용 Outlook 다운로드
iOS용 Outlook 받기
Надіслано з iPhone
Надіслано з мого iPhone
Завантажити Outlook для Android
Отримати Outlook для Android
Yahoo Mail: Search, Organize, Conquer
Yahoo Mail : Recherchez, organisez, prenez le contrôle
Sent from Spark
Sent via Superhuman ( https://sprh.mn/?vip=x@y.z )
Sent from TypeApp
Sent from my T-Mobile 4G LTE Device
Sent from my BlackBerry 10 smartphone on the Bell network.
Sent from my phone, please excuse typos.
Sent from a mobile device
Sent from mobile
Sent on the go from my iPad
Sent from HEY
Sent from Edison Mail
[Sent from Yahoo Mail on Android](https://go.onelink.me/107872968?pid=InProduct)
*Sent from my iPhone*
(Sent from my mobile)
Von Samsung-Tablet gesendet
Secured with Proton Mail secure email.
Sent from the new Outlook for Mac
Sent from Workspace ONE Boxer
Sent from myMail for iOS
Enviado desde mi dispositivo móvil
Envoyé de mon téléphone
Enviado desde Yahoo Mail con Android
Envoyé depuis l'application Mail Orange
Inviato da Libero Mail per Android
Inviato da Tiscali Mail
Skickat från Proton Mail
Sent from Tutanota
Sent with Tuta; enjoy secure & ad-free emails:
Sent from Nine
Sent from my mobile device.
Envoyé à partir d'Outlook pour iOS
Enviado a partir do Outlook para Android
Sent from Samsung Mobile
Sent from Gmail Mobile
Sent with Spark
Sent using Zoho Mail
Sent from Canary
Sent from my HTC
Sent from Polymail
发自网易邮箱大师
来自QQ邮箱手机版
Von iPhone gesendet
Von meinem Handy gesendet
Sent from my Xperia by Sony smartphone
"""
OF_A_PERSON = """
ack
I got the alert from my phone and restarted the host
Get the database team
Get Outlook working again for the office, please
Outlook is down
Outlook for the week is bad
The phone was sent
the iPhone app is broken, a fix was sent from QA
Gesendet wurde nichts
von hier aus nicht lösbar
Windows host 3 rebooted
Download the log from the mail server
Try again with Android devices
在手机上看到了
从昨天开始数据库就慢了
Enviado el parche a producción
Envoyé au support
Inviato il ticket al fornitore
Sent by mistake
Sent to the network team
Android push is broken, iOS works
The mail queue is full: sent 3 messages
reassign grace
wysłane
resolve
note sent from staging to prod
mobile app users see errors, rollback sent
"""


@pytest.mark.parametrize("line", OF_A_DEVICE.strip().split("\n"))
def test_a_device_s_word_is_not_the_author_s(line: str) -> None:
    assert new_text(f"ack\n\n{line}\n") == "ack"


@pytest.mark.parametrize("line", OF_A_PERSON.strip().split("\n"))
def test_a_sentence_that_only_begins_so_is_the_author_s(line: str) -> None:
    assert not of_a_device(line)
    assert new_text(f"ack\n\n{line}\n") == f"ack\n\n{line}"
