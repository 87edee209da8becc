"""The records of design 3, by concept: access, people, the case, proceedings, custody, evidence; derived tables in state."""

from cases.models.access import Role, TeamMember, User, UserGroup
from cases.models.base import Event, Record, Reference, Standing, Ternary
from cases.models.case import Access, Case, CaseTag, JointProceeding, JointProceedingCase, Stage
from cases.models.context import (
    Intervention,
    InterventionKind,
    Listing,
    ListingDecision,
    PrisonerList,
    Right,
    Violation,
)
from cases.models.custody import (
    Arrest,
    Detention,
    DetentionKind,
    Ending,
    Place,
    PlaceKind,
    Release,
    ReleaseKind,
    Restriction,
    RestrictionEnding,
    RestrictionKind,
)
from cases.models.evidence import Citation, Note, Reliability, Source, SourceKeeper, SourceKind
from cases.models.organisations import Affiliation, Organisation, OrganisationKind
from cases.models.people import Consent, Detainee, Lawyer, Licence, Name, NameKind, Photo, Sex, Term, TermKind
from cases.models.proceedings import (
    Attendance,
    Charge,
    ChargeEnd,
    ChargeStage,
    Court,
    CourtLevel,
    Finding,
    FindingOutcome,
    Hearing,
    HearingStage,
    Instance,
    LegalCode,
    Openness,
    Penalty,
    PenaltyKind,
    PenaltyOrigin,
    Provision,
    Regime,
    Representation,
    RepresentationRole,
    Sentence,
    SentenceChange,
    Verdict,
)
from cases.models.state import HELD, CaseState, Certainty, Period, Status
from cases.models.work import ColumnChoice, Draft, Look, RecentReason

# The kinds of case record, in the order in which pages list them.
RECORD_MODELS = [
    *(Arrest, Detention, Restriction, Charge, Hearing, Sentence, Release, Representation),
    *(Violation, Intervention, Listing, Note),
]

__all__ = [name for name in dir() if name[0].isupper()]
