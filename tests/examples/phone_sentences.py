"""What was added about phones that approve."""

from __future__ import annotations

ABOUT_PHONES: dict[str, tuple[str, ...]] = {
    "approving by phone, before and beside what the design words": (
        "You type a number on your phone",
        "Open the {} reset page on your phone, or tap its notification.",
        "Something waits for you at {}.",
        "Number on your phone",
        "Your phone hasn't answered yet. Follow the steps on it first.",
        "That isn't the number on your phone. Look again.",
        (
            'Self-service is stopped for {}: somebody with their phone pressed "I didn\'t ask for this" on {} (UTC). '
            "Whoever asked knows their name, and nothing was changed by this. Reference {}.\n\n"
            "Once you know who they are and what happened, lift it on the server: keyback people unfreeze NAME"
        ),
    ),
    "approving by phone, on the phone and while it is added": (
        "26 letters and digits. Scanning the picture fills them in.",
        "Approve",
        "Approved. Go on where you started.",
        "Code from the page where you're signed in",
        "I didn't ask for this",
        'Let this phone approve when you reset your password. Sign in at "My methods" on a computer and add it there.',
        "Nothing waits for you.",
        "Number on the page",
        "Somebody resets the password of {}.",
        "Something waits for you.",
        "Tell me",
        "That isn't the number on the page. You can try once more.",
        "That isn't the number on the page. You can try {} more times.",
        "This browser can't keep a key here, or its JavaScript is switched off. Use another browser, or another way.",
        "This code can't be used, or not any more. Take the one that is on the page now.",
        "This phone can tell you when something waits. On an iPhone, add this page to the home screen first.",
        "This phone was removed from your methods. To use it again, add it again.",
        "This request is over. If it was you, start it again there.",
        "Type this number on the page where you're signed in. Only then can this phone approve.",
        "Use this phone",
        "We can't be reached right now. This page tries again by itself.",
        "Your browser can't be told. Open this page when you need it.",
        "No camera?",
        "Open this address on the phone, and type the code:",
        "Picture for your phone's camera; the address and code below say the same.",
        "Type the 6 digits that the phone shows.",
        "Ask my phone again",
        "It then gets another number.",
        "Nobody calls you for this number. Type it only where you started this yourself.",
        "You can ask your phone again in {}.",
        "You can ask your phone again now.",
    ),
}
