package cn.ruhu

import java.util.Locale

/**
 * What every error of Ruhu says, whatever its kind: [code] for programs, [reason] (Chinese) and
 * [reasonEn] for the person who holds the phone: what happened and what to do.
 */
data class Said(val code: String, val reason: String, val reasonEn: String) {
    /** The reason in the phone's language: English where that is English, else Chinese. */
    fun reasonIn(locale: Locale): String = if (locale.language == "en") reasonEn else reason
}

/** What this error says. A kind of error that is added to the core stops this from compiling. */
val RuhuException.said: Said
    get() = when (this) {
        is RuhuException.InvalidKey -> Said(code, reason, reasonEn)
        is RuhuException.WrongKey -> Said(code, reason, reasonEn)
        is RuhuException.InUse -> Said(code, reason, reasonEn)
        is RuhuException.DiskFull -> Said(code, reason, reasonEn)
        is RuhuException.NewerDatabase -> Said(code, reason, reasonEn)
        is RuhuException.Damaged -> Said(code, reason, reasonEn)
        is RuhuException.Storage -> Said(code, reason, reasonEn)
        is RuhuException.CaseRefused -> Said(code, reason, reasonEn)
        is RuhuException.InvalidIdNumber -> Said(code, reason, reasonEn)
        is RuhuException.InvalidDivision -> Said(code, reason, reasonEn)
        is RuhuException.InvalidForm -> Said(code, reason, reasonEn)
        is RuhuException.InvalidAnswer -> Said(code, reason, reasonEn)
        is RuhuException.Offline -> Said(code, reason, reasonEn)
        is RuhuException.WrongServer -> Said(code, reason, reasonEn)
        is RuhuException.WrongProtocol -> Said(code, reason, reasonEn)
        is RuhuException.BadAnswer -> Said(code, reason, reasonEn)
        is RuhuException.ServerRefused -> Said(code, reason, reasonEn)
        is RuhuException.NotEnrolled -> Said(code, reason, reasonEn)
        is RuhuException.AlreadyEnrolled -> Said(code, reason, reasonEn)
        is RuhuException.InvalidCode -> Said(code, reason, reasonEn)
        is RuhuException.OutOfScope -> Said(code, reason, reasonEn)
        is RuhuException.NotFound -> Said(code, reason, reasonEn)
        is RuhuException.VisitClosed -> Said(code, reason, reasonEn)
        is RuhuException.NotComplete -> Said(code, reason, reasonEn)
        is RuhuException.InConflict -> Said(code, reason, reasonEn)
        is RuhuException.NoSuchConflict -> Said(code, reason, reasonEn)
        is RuhuException.NoSuchMigration -> Said(code, reason, reasonEn)
        is RuhuException.NotAPhoto -> Said(code, reason, reasonEn)
        is RuhuException.PictureRefused -> Said(code, reason, reasonEn)
        is RuhuException.UnknownKind -> Said(code, reason, reasonEn)
        is RuhuException.FileUnreadable -> Said(code, reason, reasonEn)
        is RuhuException.LetterRefused -> Said(code, reason, reasonEn)
        is RuhuException.SignatureRefused -> Said(code, reason, reasonEn)
        is RuhuException.RequestRefused -> Said(code, reason, reasonEn)
        is RuhuException.SyncRunning -> Said(code, reason, reasonEn)
        is RuhuException.NoRandomness -> Said(code, reason, reasonEn)
        is RuhuException.SyncIncomplete -> Said(code, reason, reasonEn)
        is RuhuException.Cancelled -> Said(code, reason, reasonEn)
    }
