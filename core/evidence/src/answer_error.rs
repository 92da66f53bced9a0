//! Why something is no answer to a question for a picture.

use ruhu_text::{Explain, Explanation};

/// Why something is no answer to a question for a picture.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureAnswerError {
    /// No evidence of this household has the id.
    #[error("a question for a picture takes a picture")]
    NotEvidence {
        /// The question.
        path: String,
    },
    /// The evidence is no picture.
    #[error("the evidence is no picture")]
    NotAPicture {
        /// The question.
        path: String,
    },
    /// The picture answers another question already.
    #[error("the picture answers another question already")]
    Used {
        /// The question.
        path: String,
        /// The one that it answers already.
        first: String,
    },
    /// The household has the same strokes under another name.
    #[error("the strokes are another signature's of this household")]
    SignatureUsed {
        /// What they should stand for: a question's name, or a kind of evidence.
        kind: String,
        /// What they stand for already.
        first: String,
    },
}

impl Explain for PictureAnswerError {
    fn code(&self) -> &'static str {
        match self {
            PictureAnswerError::NotEvidence { .. } => "not_evidence",
            PictureAnswerError::NotAPicture { .. } => "evidence_no_picture",
            PictureAnswerError::Used { .. } => "picture_used",
            PictureAnswerError::SignatureUsed { .. } => "signature_used",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            PictureAnswerError::NotEvidence { path } => Explanation::new(
                format!("“{path}”要照片：本户没有这样的照片。"),
                format!("“{path}” takes a picture: this household has none of that name."),
            )
            .advise("请拍照，或选择照片文件。", "Take a photo, or give a picture's file."),
            PictureAnswerError::NotAPicture { path } => Explanation::new(
                format!("“{path}”要照片，这份材料不是照片。"),
                format!("“{path}” takes a picture, and this is none."),
            )
            .advise("请拍照，或选择照片文件。", "Take a photo, or give a picture's file."),
            PictureAnswerError::Used { path, first } => Explanation::new(
                format!("“{path}”用的照片已经用在“{first}”，两题要两张不同的照片。"),
                format!(
                    "The picture for “{path}” answers “{first}” already; two questions take two pictures."
                ),
            )
            .advise("请另拍一张；签字须本人另签。", "Take another one; each signs for himself."),
            PictureAnswerError::SignatureUsed { kind, first } => Explanation::new(
                format!("“{kind}”的签名与本户“{first}”的签名笔迹完全相同。"),
                format!("The signature for “{kind}” is the same drawing as “{first}” of this household."),
            )
            .advise("请本人清除后亲自重签。", "Clear it; each signs in person."),
        }
    }
}
