"""What languages are called in English."""

from __future__ import annotations

LANGUAGES = {
    "bg": "Bulgarian", "ca": "Catalan", "et": "Estonian", "fa": "Persian", "hr": "Croatian", "hy": "Armenian",
    "ka": "Georgian", "kk": "Kazakh", "lt": "Lithuanian", "lv": "Latvian", "ms": "Malay", "sk": "Slovak",
    "sl": "Slovenian", "sr": "Serbian",
    "ar": "Arabic", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "kn": "Kannada", "ko": "Korean",
    "ml": "Malayalam", "mr": "Marathi", "nl": "Dutch", "no": "Norwegian", "pa": "Punjabi", "pl": "Polish",
    "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "ta": "Tamil", "te": "Telugu",
    "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def name(code: str) -> str:
    """A language's English name, "another language" for a code that we do not know."""
    return LANGUAGES.get(code.split("-")[0].lower(), "another language")
