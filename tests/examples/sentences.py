"""Every sentence people may read: as the design words it, and what was added, each with its reason.

Gaps are written as `{}`. What belongs to parts that are not built yet is not listed, nor what the demo says of itself.
"""

from __future__ import annotations

from .account_sentences import ABOUT_ACCOUNTS, ACCOUNTS_AS_AGREED
from .address_sentences import ABOUT_ADDRESSES
from .change_sentences import ABOUT_CHANGE, CHANGE_AS_AGREED
from .desk_sentences import ABOUT_THE_DESK, DESK_AS_AGREED
from .password_sentences import ABOUT_PASSWORDS, PASSWORDS_AS_AGREED
from .phone_sentences import ABOUT_PHONES
from .renewal_sentences import ABOUT_RENEWAL, AS_AGREED
from .unlock_sentences import ABOUT_UNLOCKING, UNLOCK_AS_AGREED

# As the design words them.
AGREED: dict[str, tuple[str, ...]] = {
    **AS_AGREED,
    **ACCOUNTS_AS_AGREED,
    **UNLOCK_AS_AGREED,
    **CHANGE_AS_AGREED,
    **DESK_AS_AGREED,
    **PASSWORDS_AS_AGREED,
    "every page": (
        "There is a problem", "Problem:", "Error:", "Continue", "Cancel", "Choose another way", "Start again",
        "Step {} of 3:", "who you are", "prove it's you", "new password", "done:",
        "2 minutes left.", "Give me one more minute", "Give me {} more minutes", "Privacy", "Accessibility",
    ),
    "signed in": ("Sign out", "You're signed out"),
    "welcome": (
        "What do you need?", "It takes about two minutes.", "Reset my password",
        "You forgot it, or it no longer works.", "Before it happens",
    ),
    "who": (
        "Who are you?", "Let's get you back in. You'll need your phone, or another way you set up.",
        "Work e-mail or user name", "For example {}", "A try lasts {} minutes.",
    ),
    "robot check": (
        "Checking that you're not a robot… This takes a second or two.",
        "Robot check passed. Your browser did it for you.", "Type the characters in the picture",
        "Capitals don't matter. Can't see it? Play it instead.", "Play the sound", "Show another picture",
        "Use a picture instead", "The characters didn't match. Here's a new picture.",
        "The check ran out of time. Press Continue again.",
    ),
    "waiting": (
        "One moment", "We're looking up how you can prove it's you.", "Usually takes 2 seconds.",
        "This page goes on by itself. If nothing happens after 10 seconds, press Continue.",
        "This takes longer than usual. You can keep waiting; nothing is lost.",
    ),
    "choose": (
        "How will you prove it's you?", "You need two proofs of different kinds. This is the first.", "Choose one way.",
        "None of these work for you? Ask the help desk: {}", "One more proof",
        "That worked. Now choose a second way, of a different kind.", "This is the second of two.",
    ),
    "offers": (
        "Text message", "Phone call", "E-mail", "Saved code", "We send a code to {}", "We call {}",
        "One of the codes you printed",
        "We text a code to the number you type", "the number ending in {}", "the address beginning with {}",
    ),
    "whole number": (
        "Type your number", "We only text or call if it matches.", "Whole number ending in {}",
    ),
    "text code": (
        "Enter the code we texted",
        "Code from the text message", "Good for {}. Spaces don't matter.",
    ),
    "call": (
        "Answer your phone", "Code you heard", "The call says it twice. Press # to hear it again.",
        "Answer your phone and press #", "Your code is {}.", "Answer the call.",
        "Press the # key. Nothing is said before you do, so voicemail never hears your code.",
        "Type the {} digits you hear.", "Check the word the voice says:", "Same word? Press #. Otherwise hang up.",
        "This page goes on by itself once you pressed #.", "I pressed #", "Ringing.",
        "The call should be over by now.", "Call again", "Answered.",
        "This is {}. To hear the code you asked for, press the hash key. If you didn't ask, hang up.",
    ),
    "e-mail code": (
        "Enter the code we e-mailed",
    ),
    "nothing came": (
        "Nothing came?", "You can ask for another code in {}.", "The newest code is the one that counts.",
        "Send another code",
    ),
    "saved code": (
        "Enter one of your saved codes", "Each works once. Cross it out afterwards.",
        "16 letters and digits. Dashes don't matter.",
    ),
    "app code": (
        "Authenticator app", "You type the code your app shows", "Enter the code from your app",
        "Open your authenticator app and look for {}.", "6-digit code", "It changes every 30 seconds.",
    ),
    "passkey": (
        "Passkey or security key", "Fingerprint, face, PIN or a key you touch", "Use your passkey or security key",
        "Your device will ask for your fingerprint, face or PIN, or for you to touch the key.", "Use passkey or key",
        'Key on another device? Press the button, then choose "Use a phone or tablet".',
        "We never see your fingerprint or face. They stay on your device.",
    ),
    "waiting for a phone": (
        "Waiting for your phone.", "I've done it", "No approval came. Try again, or choose another way.",
        "The request was declined on your phone. If that wasn't you, call the help desk.",
    ),
    "phone approval": (
        "Approve on my phone", "Use this phone to approve",
        "Scan this with your phone's camera and follow the steps there.", "Type {} on your phone",
    ),
    "passkey stopped": (
        "Your device stopped before it was done, or took too long. Nothing is lost. Try again, or choose another way.",
        "This passkey isn't one you added here. Choose another way.",
    ),
    "add a passkey": (
        "Add a passkey or security key", "Your device will ask you to confirm.", "Name, so that you know it later",
        "Add it", "a passkey",
    ),
    "add an app": (
        "Add an authenticator app", "Open any authenticator app.", "Scan this picture, or type the key.",
        "Type the 6 digits it shows.", "Show the key", "Confirm",
    ),
    "add a phone": (
        "Add a phone", "We'll check it now with a code, so that it works when you need it.", "Country or region",
        "Phone number", "With or without the first 0.", "Extension", "You've added this number already.", "Send code",
        "Call me", "What kind of phone?", "Mobile – text or call", "Landline or second phone – call only",
        "Office phone – call only, with extension", "How should we check it?", "Text me a code",
        "Call me – press # and hear the code",
        "Phone numbers can be stolen or moved to another SIM. That's why a phone is never your only proof.",
        "A new number counts after {}.", "That number is too short for {}.", "Your organisation doesn't send to {}.",
    ),
    "add an e-mail": (
        "Add an e-mail", "One you can read without your {} password.",
        "This mailbox opens with the password you'd be resetting, so it doesn't count. Use a private one.",
    ),
    "saved codes, made": (
        "Your saved codes", "Print them or write them down. We show them only this once.", "Print", "Copy all",
        "I've put them somewhere safe", "Done",
    ),
    "done": (
        "Your new password is set", "It works now for {}.",
        "Your old password may still open some computers for up to an hour.", "Back to {}", "On a company computer?",
        "In the office or on VPN: lock the computer, then unlock it with the new password.",
        "At home without VPN: connect to VPN first, then do the same.",
        "On your phone: mail asks for the new password once.", "We're also telling you by e-mail and text.",
        "Wasn't you? Call the help desk now: {}",
    ),
    "several accounts": (
        "Both passwords are set", "One of two passwords is set", "No password was changed",
        "Set", "Refused", "Not set", "Being checked", "The new password works now.",
        "Choose another password",
        "{} didn't answer. Nothing was changed there, and your old password still works.", "Try again for {}",
        ("{} took the request but didn't confirm it. Try the new password first, then the old one. This page tells you "
        "when we know."),
        "For the next {} minutes you can try again without proving who you are.",
    ),
    "errors": (
        "Enter your work e-mail or user name", "Enter the code", "Choose one way", "Type the password again",
        "That code isn't right. Check the newest message. {}", "You can try {} more times.",
        "The code has {} digits; this has {}.", "The code has {} letters and digits; this has {}.",
        "That code is too old.", "That's {} wrong codes, so this way is closed for now. Choose another way.",
        "No more codes can be sent in this try. Choose another way.",
        "You can ask for another code in {}. The one you have is still good.",
        "We couldn't confirm that it's you.", "Try again after {}, or call the help desk and give reference {}.",
        "Too many tries for now.", "Wait {} and start again. Your account itself isn't locked by this.",
        "The two passwords differ. Press Show to compare.", "This password is in a known data leak. Choose another.",
        "This is easy to guess because {}. Add another word.",
        "{}'s directory doesn't answer. Nothing was changed; your old password still works.",
        "We keep your proofs for {} minutes.",
        "Your organisation resets this account by hand. Call the help desk.",
        "Your time is up.", "For safety a try lasts {} minutes. Nothing was changed.",
        "This step was already done in another window. Go on there, or here from where it stands now.",
        "Open this in the browser where you started.", "Or start again here.",
        "Your browser doesn't keep cookies for this page.", "Allow them for {}, then start again.",
        "This page doesn't exist.", "Go to the start", "Something broke on our side.",
        "Nothing was changed unless we told you so. Try again; reference {}.",
        "A lot of people are here right now.", "Wait {} and press Continue.",
    ),
    "my methods": (
        "Not confirmed",
        "My methods", "Choose how you prove it's you next time.", "How you prove it's you when you can't sign in.",
        "You could get back in today: yes", "You could get back in today: no",
        "Your organisation asks for two different kinds of proof.", "You have {}.", "You have one: {}.", "Add {}.",
        "Add a method", "What if I lose my phone?",
        "Use another method from this list, or a saved code. With none left, call the help desk.", "Remove",
        "So that you can get back in by yourself. Takes about two minutes.", "Back to my methods",
        "{} is added", "It counts from {}.", "It counts now.", "{} is removed", "Remove {}?",
        "Without it you could not get back in today.", "You'd still have {}.", "Switched off by your organisation",
        "To change your methods, sign in again. It's been more than 5 minutes.", "Sign in",
    ),
    "questions": (
        "Answer your questions", "Spelling and spaces must match what you entered. Capitals don't matter.",
        "You answer {} questions", "Choose your questions", "Choose {}. Pick answers that nobody can look up.",
        "3 to 40 characters",
    ),
    "wasn't me": (
        "Thank you for telling us.",
        "Self-service is stopped for your account and the help desk knows. Your password was not changed by this.",
        "This wasn't me", "Stop self-service for my account",
    ),
    "messages": (
        "{} is your {} code", "{} is your {} code, good for {}. Nobody from {} will ask for it.",
        ("{}\n\nType it on the page where you asked for it. Good for {}. Nobody from {} will ask you for it."
        "\n\nDidn't ask? Ignore this e-mail; without the code nothing changes."),
        "Somebody started a password reset", "One proof was given for your {} account on {}, {} (UTC).",
        "If it was you, there's nothing to do. If not: This wasn't me {}\nor call {}.",
        "Your {} password was reset for {} on {}, {} (UTC).", "Wasn't you? This wasn't me {}\nor call {} at once.",
        "Your {} password was reset at {} UTC. Not you? Call {} now.",
        "Self-service is stopped for your account", "Because you told us \"this wasn't me\".",
        "The help desk will be in touch; call {} to be quicker.",
        "{} was added to your account", "{} was removed from your account",
        "It can be used to reset your {} password from {}, {} (UTC).",
    ),
}  # fmt: skip

# What pages and messages say besides, with the reason why it has to be said.
ADDED: dict[str, tuple[str, ...]] = {
    **ABOUT_ACCOUNTS,
    **ABOUT_ADDRESSES,
    **ABOUT_CHANGE,
    **ABOUT_THE_DESK,
    **ABOUT_PASSWORDS,
    **ABOUT_PHONES,
    **ABOUT_RENEWAL,
    **ABOUT_UNLOCKING,
    "one of something": (
        "{} minute", "{} second", "You can try once more.", "We keep your proofs for {} minute.",
        "That's {} wrong code, so this way is closed for now. Choose another way.",
        "For the next {} minute you can try again without proving who you are.", "You need your password for this.",
    ),
    "a call: said before any end may be named, while a number is added, and what a call says where the key approves": (
        "We call the number you type", "If that number is yours, it rings now.", "{} rings now.", "{}\n{}",
        "This is {}. The word is: {}. Does the page show the same word? Then press the hash key. If not, hang up.",
        "Only for an office phone that has one.", "An extension has at most {} digits.",
        "Thank you. You can hang up.", "Since {}", "If that number is yours, it rings again.",
        "You can ask for another call in {}.", "You can ask for another call now.", "Only the newest call counts.",
        "The call didn't come through. Call again, or choose another way.",
    ),
    "questions: a label for each field, what is chosen, and why an answer isn't taken": (
        "Security questions", "Question {}", "Answer {}", "{}", "Choose a question", "Choose one from the list",
        "You'll type them again exactly so. Capitals don't matter.", "Some of this can't be kept.",
        "You chose this question before. Choose another.", "You gave this answer before. Each needs its own.",
        "An answer has 3 to 40 characters, and 3 letters or digits among them.",
        "The question says this already. Choose another answer.",
        "Your organisation's directory knows this. Choose what nobody can look up.",
        "Many people would answer this. Choose what nobody can guess.",
        "Your organisation changed its questions meanwhile. Choose again.",
    ),
    "questions: there is no code that was wrong, and a wait is longer": (
        "That didn't match {} time, so this way is closed for now. Choose another way.",
        "That didn't match {} times, so this way is closed for now. Choose another way.",
        "Too many wrong answers. This way is closed until you add it anew. Choose another way.", "{} hour", "{} hours",
    ),
    "the questions, where an organisation has none of its own": (
        "What did you call your first cuddly toy?", "Who was the first person that you phoned by yourself?",
        "Which job did you want to have when you were a child?",
        "What was the first thing that you bought with your own money?",
        "Where did your first flight or sea voyage take you?", "Which dish did you refuse to eat as a child?",
        "What did you break and never tell anybody about?", "Which place did you hide in when you were a child?",
        "What did you learn from a stranger?", "Which present did you never want to unpack?",
        "Which song can you no longer listen to?", "What did you lose on a journey?",
        "Which book did you never finish?", "What was the oddest thing in your grandparents' home?",
        "What do you call your car, bicycle or computer?",
    ),
    "where nothing was sent, so there is no newest message": ("That code isn't right.",),
    "more than two of something": (
        "You need {} proofs of different kinds. This is the first.",
        "That worked. Now choose another way, of a different kind.",
        "{} of {} passwords is set", "{} of {} passwords are set",
    ),
    "times, lists and sentences put together": (
        "{} minutes", "{} seconds", "and", "{} {}", "{}", "{}\n\n{}", "{}\n\n@{} #{}", "{}, {} {}", "one account",
        "your account", "the help desk",
    ),
    "where no help desk is set": (
        "None of these work for you? Ask the help desk.", "Wasn't you? Call the help desk now.",
        "Nothing helps? Reference {}", "If it was you, there's nothing to do. If not: call {}.",
        "The help desk will be in touch.",
    ),
    "human help on every page that ends": (
        "Stuck? Help desk {}", "It happens again? Help desk {}",
        "Nothing helps? Help desk {}, reference {}", "Help desk {}, reference {}",
        "Or call the help desk: {}", "Wasn't you? Call {} at once.",
    ),
    "the language menu; the first is each language's own name": ("English", "Language:"),
    "sign in first": ("Sign in first", "You know your password. Then choose what you need."),
    "signing in at the company, and what may come of it": (
        "You're signed in", "We couldn't sign you in.", "Try again, or call the help desk.",
        "{} Nothing was changed.",
        "Your organisation knows you, but this page has no account for you. Call the help desk.",
        "Your organisation looks after this account by hand. Call the help desk.",
        "Self-service is stopped for your account until the help desk has talked to you.",
        "You can't sign in right now.",
        "Your organisation's sign-in doesn't answer. Resetting a password still works. Wait {} to try again.",
    ),
    "browsers without scripts, and people who hear": (
        ("Scripts are off, so your browser can't do the robot check for you. Use a picture instead: the button below "
        "shows one."),
        "Switch scripts on for this page. Without them nobody can tell your browser from a robot's.",
        "Picture of the characters to type; the same are read aloud below.", "The characters, read aloud",
        "still needed:", "You can ask for another code now.",
    ),
    "the same for everybody, before anybody is known": (
        "If this account has an e-mail address, it gets a code",
        "If this account has an e-mail address, it gets an e-mail with {} digits. Look in the junk folder too.",
        "If that number is yours, it gets a text with {} digits. It can take a minute.",
        "Another code is on its way if that number or address is yours.",
        "What you typed is kept. It wasn't looked at yet and doesn't count as a try.",
    ),
    "where one name may stand in several directories": ("Your organisation", "Choose your organisation"),
    "fields": (
        "Code", "Code from the e-mail", "Your whole number", "Type your address", "We only write if it matches.",
        "Type your whole number", "Type your whole e-mail address", "Enter your answer", "Choose at least one account",
        "The code has only digits.", "The code has only letters from A to Z and digits.",
        "That is too long. It has at most {} characters.", "That code isn't right. {}",
        "At least one answer doesn't match. {}",
        "Too many tries for now. Wait {}. Your account itself isn't locked by this.",
        ("Many wrong answers are coming in, so for safety some ways are paused here, for {} at most. Choose another "
        "way, use a browser in which you did this before, or call the help desk."),
    ),
    "a try that is over": (
        "This try is over.", "You stopped here.", "Nothing was changed. Your old password is still the right one.",
        "For safety a try lasts {} minutes. Nothing was changed unless we told you so.",
        "Nothing was changed unless we told you so.",
        "Nothing was changed unless we told you so. The help desk can help with reference {}.",
        "Your password was set in another window: sign in with it. Wasn't that you? Call the help desk now.",
        ('Somebody told us "this wasn\'t me". It works again once the help desk has talked to you. Nothing was changed '
        "unless we told you so."),
    ),
    "errors that HTTP knows": (
        "We couldn't read that.", "Nothing was changed. Go back and try again.", "We can't go on right now.",
        "Nothing was changed. Wait {} and press Continue.", "That was too much at once.",
        "Nothing was changed. Go back and type less.", "This page can't do that.",
        "Nothing was changed. Go to the start.",
        "This form didn't come from our own page.", "Nothing was changed. Start again here.",
        "This page has another address.", "Nothing was changed. Open {} instead.",
        "Check the address, or go to the start.",
        "Nothing was changed.", "This step was already done.",
        "Go on in the other window, or press Continue to see where it stands now.",
        "This page doesn't exist, or it was opened in another browser.",
    ),
    "this wasn't me": (
        "This link doesn't work any more.",
        ("If you stop self-service, nobody can reset your password here until the help desk has talked to you. Your "
        "password isn't changed by this."),
        "Self-service is stopped for one account",
        ('Self-service is stopped for {}: somebody who got a notice there said "this wasn\'t me" on {} (UTC). The '
        "password was not changed by this. Reference {}.\n\nOnce you know who they are and what happened, lift it on "
        "the server: keyback people unfreeze NAME"),
    ),
    "notices by text, where there is one for mail, and about saved codes": (
        "Somebody gave a proof to reset your {} password at {} UTC. Not you? Call {} now.",
        "Self-service is stopped for your {} account. Call {} to be quicker.",
        "Saved codes were added to your account",
        "Saved codes were added to your {} account at {} UTC. Not you? Call {} now.",
        "They can be used to reset your {} password from {}, {} (UTC). Codes you had before no longer work.",
    ),
    "what was added or removed, by text, and since when it is gone": (
        "{} was added to your {} account at {} UTC. Not you? Call {} now.",
        "{} was removed from your {} account at {} UTC. Not you? Call {} now.",
        "Since {}, {} (UTC), it can no longer be used to reset your {} password.",
    ),
    "what is listed, and since when": (
        "Added {}", "Added {}, last used {}", "Waiting", "Counts from {}.", "It does not count.",
        "From your organisation", "your phone", "your e-mail", "your authenticator app", "your saved codes",
        "your security questions", "an authenticator app", "saved codes", "security questions", "You have none yet.",
        "approval on your phone", "a phone call", "a text message",
        "{} and {}", "{} or {}", "{}, {}",
        "Your organisation asks for one proof.", "Your organisation asks for {} different kinds of proof.",
    ),
    "days": ("{} {} {}", "{}, {} (UTC)"),
    "the half page with saved codes": (
        "All codes are copied.", "Your browser didn't copy them. Print them or write them down.",
        "Keyback codes for {}", "{} · made {} · each works once",
        "Use at: {}. Keep away from your computer, like a spare key.",
        "Put the codes somewhere safe first, then tick the box.",
    ),
    "who hears instead of seeing, and who signed in long ago": (
        "Picture for your app to scan; the key below says the same.", "Sign in again",
    ),
    "who has no scripts, a device that is added twice, and one that makes something odd": (
        "This browser can't use passkeys here, or its JavaScript is switched off. Choose another way.",
        "This device is added already.", "This passkey or key can't be added. Try another one.",
    ),
    "whose browser has passkeys at hand at a field": (
        "Your browser may list your passkeys here. Choose one, or press the button.",
    ),
    "who pressed the button before anything came from their phone": ("We've heard nothing from your phone yet.",),
    "why a method can't be added": (
        "This can't be added here.", "You have {} of these already. Remove one first.",
        "This took too long, or was tried too often. Start again.",
    ),
    "administrators, at the command line or as names of plugins": (
        "makers: no file with PEM certificates",
        "the accounts' database cannot be opened; check its path and who may write it",
        "No method issues codes: add saved_codes to plugins.load",
        "Too few of these people have a method to show: {} of {} that are needed",
        "Self-service is not stopped for this person",
        "Nobody, or more than one person, has this name", "This name means several people, or cannot be a name",
        "Nothing is known of this person",
        "They are resetting a password, or a campaign has their turn, at this moment. Try again later.",
        "Characters in a picture or read aloud", "The browser works for a second", "Notices to the person",
        "Keyback's own directory", "OpenLDAP", "Microsoft Entra ID", "Active Directory", "Pretend cloud",
    ),
}  # fmt: skip
