//! A form, ready to be filled.

mod check;
mod codec;
mod compile;
mod diagnostics;
mod error;
mod filter;
mod graph;
mod index;
mod lint;
mod program;
mod refusal;
mod rules;
pub(crate) mod schema;

pub use error::FormError;
pub(crate) use filter::Filter;
pub use graph::Dependent;
pub(crate) use graph::Task;
pub(crate) use program::Program;
pub use refusal::FormRefusal;
pub(crate) use rules::{ActionValue, CompiledAction, InitialValue, Rules, Seed};
pub use schema::FormSchema;

use crate::definition::{Definition, Row};
use crate::question::{Question, QuestionKind};
use ruhu_text::{Diagnostic, Diagnostics};
use ruhu_xpath::NodeDefId;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A form that could be read, with what its author should look at.
#[derive(Debug)]
pub struct ParsedForm {
    /// The form.
    pub form: Form,
    /// Warnings; none of them is an error.
    pub warnings: Vec<Diagnostic>,
}

/// A form, ready to be filled: what its author wrote, checked and compiled.
#[derive(Debug)]
pub struct Form {
    definition: Definition,
    questions: Vec<Question>,
    program: Program,
}

impl Form {
    /// The most bytes a form has, its tables included: 16 MB.
    pub const MAX_BYTES: usize = codec::MAX_BYTES;

    /// The `form_id` of the settings sheet.
    pub fn id(&self) -> &str {
        &self.definition.id
    }

    /// The `version` of the settings sheet.
    pub fn version(&self) -> &str {
        &self.definition.version
    }

    /// The `form_title` of the settings sheet.
    pub fn title(&self) -> &str {
        &self.definition.title
    }

    /// The languages as their author named them, `中文 (zh)`, the default
    /// language first. One empty name when the form has one unnamed language.
    pub fn languages(&self) -> &[String] {
        &self.definition.languages
    }

    /// Every row of the survey in document order, groups and repeats included.
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// The question of that path (no positions) or, when only one has it, of
    /// that bare name.
    pub fn question(&self, path_or_name: &str) -> Option<&Question> {
        if path_or_name.starts_with('/') {
            return self.questions.iter().find(|question| question.path == path_or_name);
        }
        let mut named = self.questions.iter().filter(|question| question.name == path_or_name);
        named.next().filter(|_| named.next().is_none())
    }

    /// The form as bytes: CBOR, the same bytes for the same form everywhere.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::encode(&self.definition)
    }

    /// Reads what [`Form::to_bytes`] wrote, here or in an earlier version.
    ///
    /// # Errors
    /// [`FormError`] when the bytes are damaged, too many, newer than this
    /// program, or describe a form that does not hold together.
    pub fn from_bytes(bytes: &[u8]) -> Result<Form, FormError> {
        let definition = codec::decode(bytes)?;
        Form::build(definition)
            .map(|(form, _)| form)
            .map_err(|diagnostics| FormError::Faulty { diagnostics: Diagnostics { diagnostics } })
    }

    /// The form of a definition that was changed, no larger than its bytes may
    /// be. What is wrong with it is told without warnings; an author is told
    /// them by [`Form::compile`].
    ///
    /// # Errors
    /// [`FormError::Faulty`] when it does not hold together, and
    /// [`FormError::TooLarge`].
    pub fn from_definition(definition: Definition) -> Result<Form, FormError> {
        let (form, _) = Form::build(definition)
            .map_err(|diagnostics| FormError::Faulty { diagnostics: Diagnostics { diagnostics } })?;
        match form.to_bytes().len() > Form::MAX_BYTES {
            true => Err(FormError::TooLarge { limit: Form::MAX_BYTES }),
            false => Ok(form),
        }
    }

    /// The SHA-256 of [`Form::to_bytes`].
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.to_bytes()).into()
    }

    /// Checks and compiles what an author wrote, and looks for what it hardly
    /// means; warnings come with the form.
    ///
    /// # Errors
    /// [`Diagnostics`]: all faults, warnings too, when one of them is an error.
    pub fn compile(definition: Definition) -> Result<ParsedForm, Diagnostics> {
        let mut lints = Vec::new();
        lint::lint(&definition, &mut lints);
        match Form::build(definition) {
            Ok((form, mut warnings)) => {
                warnings.extend(lints);
                Ok(ParsedForm { form, warnings })
            }
            Err(mut diagnostics) => {
                diagnostics.extend(lints);
                Err(Diagnostics { diagnostics })
            }
        }
    }

    /// Checks and compiles.
    fn build(definition: Definition) -> Result<(Form, Vec<Diagnostic>), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        if !check::check(&definition, &mut diagnostics) {
            return Err(diagnostics);
        }
        match compile::compile(&definition, &mut diagnostics) {
            Some(program) => {
                let questions = questions(&definition);
                Ok((Form { definition, questions, program }, diagnostics))
            }
            None => Err(diagnostics),
        }
    }

    /// The tree of its node definitions.
    pub fn schema(&self) -> &FormSchema {
        &self.program.schema
    }

    /// What looks at the nodes of a definition and is worked out again when one
    /// of them changes.
    pub fn dependents(&self, id: NodeDefId) -> &[Dependent] {
        self.program.graph.dependents(id)
    }

    /// The definitions where anything follows from what stands in the nodes of
    /// `id` or below, directly or not, by expressions and by actions.
    pub fn followers(&self, id: NodeDefId) -> BTreeSet<NodeDefId> {
        self.program.graph.followers(&self.program.schema, id)
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// What its author wrote.
    pub fn definition(&self) -> &Definition {
        &self.definition
    }
}

fn questions(definition: &Definition) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::with_capacity(definition.rows.len());
    for row in &definition.rows {
        let parent = row.parent.and_then(|index| questions.get(index as usize));
        let question = question(definition, row, parent);
        questions.push(question);
    }
    questions
}

fn question(definition: &Definition, row: &Row, parent: Option<&Question>) -> Question {
    let above = parent.map_or_else(|| format!("/{}", definition.root), |parent| parent.path.clone());
    let list = definition.lists.iter().find(|list| Some(&list.name) == row.list.as_ref());
    Question {
        path: format!("{above}/{}", row.name),
        name: row.name.clone(),
        kind: row.kind,
        labels: row.labels.clone(),
        hints: row.hints.clone(),
        appearance: row.appearance.clone(),
        save_to: row.save_to.clone(),
        class: row.class.clone(),
        merge: row.merge.clone(),
        choices: list.map_or_else(|| Arc::from([]), |list| list.choices.clone()),
        filtered: row.choice_filter.is_some(),
        calculated: row.calculation.is_some(),
        read_only: row.read_only.as_ref().is_some_and(|source| source.text == "true()"),
        repeat_depth: parent
            .map_or(0, |parent| parent.repeat_depth + u32::from(parent.kind == QuestionKind::Repeat)),
        parameters: row.parameters.clone(),
        media: row.media.clone(),
        guidance_hints: row.guidance_hints.clone(),
    }
}
