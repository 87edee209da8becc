"""Plain functions that make valid rows; a test names only what it is about."""

import hashlib
from io import BytesIO
from itertools import count

from django.contrib.auth.models import Group
from PIL import Image

from cases.models import (
    Affiliation,
    Arrest,
    Case,
    CaseTag,
    Charge,
    Citation,
    Court,
    Detainee,
    Detention,
    Finding,
    Hearing,
    Intervention,
    JointProceeding,
    JointProceedingCase,
    Lawyer,
    LegalCode,
    Listing,
    Name,
    Note,
    Organisation,
    Penalty,
    Photo,
    Place,
    PrisonerList,
    Provision,
    Release,
    Representation,
    Restriction,
    Right,
    Role,
    Sentence,
    Source,
    TeamMember,
    Term,
    User,
    Violation,
)

numbers = count(1)


def make_user(role=Role.RESEARCHER, username=None, **fields):
    """A user in the group of that role; `role=None` for one without any."""
    user = User.objects.create_user(username or f"user{next(numbers)}", password="a-long-password-1", **fields)
    if role:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def make_detainee(name="Invented Person", *aliases, **fields):
    detainee = Detainee.objects.create(**fields)
    Name.objects.create(detainee=detainee, text=name)
    for alias in aliases:
        Name.objects.create(detainee=detainee, text=alias, kind="alias")
    return detainee


def make_photo(detainee, size=(40, 50), **fields):
    """A grey picture of the person."""
    out = BytesIO()
    Image.new("RGB", size, "grey").save(out, "JPEG")
    sha256 = hashlib.sha256(out.getvalue()).hexdigest()
    facts = {"image": out.getvalue(), "sha256": sha256, "width": size[0], "height": size[1]}
    return Photo.objects.create(detainee=detainee, **{**facts, **fields})


def make_case(detainee=None, *, team=(), tags=(), **fields):
    """A case; `detainee` may be a Detainee, a name, or nothing for an invented person."""
    if not isinstance(detainee, Detainee):
        detainee = make_detainee(detainee or f"Invented Person {next(numbers)}")
    case = Case.objects.create(detainee=detainee, **fields)
    for user in team:
        TeamMember.objects.create(case=case, user=user)
    for name in tags:
        term = Term.objects.get_or_create(kind="tag", slug=name, defaults={"name": name})[0]
        CaseTag.objects.create(case=case, term=term)
    return case


def _record(model, case, **fields):
    confidential = fields.pop("confidential", False)
    record = model.objects.create(case=case if not isinstance(case, (str, type(None))) else make_case(case), **fields)
    if confidential:
        record.event.confidential = True
        record.event.save()
    return record


def make_arrest(case=None, date="2015-01-29", **fields):
    return _record(Arrest, case, date=date, **fields)


def make_detention(case=None, began="2015-01-29", *, kind="remand", ending=None, **fields):
    """A stay, ongoing unless it has an end (then a release) or another ending is given."""
    ending = ending or ("release" if fields.get("ended") else "ongoing")
    return _record(Detention, case, began=began, kind=kind, ending=ending, **fields)


def make_restriction(case=None, began="2016-05-12", *, kind="travel_ban", ending=None, **fields):
    ending = ending or ("release" if fields.get("ended") else "ongoing")
    return _record(Restriction, case, began=began, kind=kind, ending=ending, **fields)


def make_release(case=None, date="2017-10-25", *, kind="pardon", **fields):
    return _record(Release, case, date=date, kind=kind, **fields)


def make_charge(case=None, article="212", part="1", **fields):
    fields.setdefault("provision", make_provision(article, part))
    fields.setdefault("charged_on", "2015-01-30")
    return _record(Charge, case, **fields)


def make_hearing(case=None, held_on="2015-05-15", **fields):
    return _record(Hearing, case, held_on=held_on, **fields)


def make_sentence(case=None, date="2017-09-11", *, verdict="convicted", years=None, findings=(), **fields):
    """A sentence; `years` adds imprisonment, `findings` are (charge, outcome)."""
    sentence = _record(Sentence, case, date=date, verdict=verdict, **fields)
    if years:
        Penalty.objects.create(sentence=sentence, kind="imprisonment", years=years)
    for charge, outcome in findings:
        Finding.objects.create(sentence=sentence, charge=charge, outcome=outcome)
    return sentence


def make_representation(case=None, lawyer=None, **fields):
    return _record(Representation, case, lawyer=lawyer or make_lawyer(), **fields)


def make_violation(case=None, right=None, what_happened="It is alleged that he was not heard.", **fields):
    """An alleged violation; `right` may be a Right, a code, or nothing if nobody names one."""
    right = make_right(right) if isinstance(right, str) else right
    return _record(Violation, case, right=right, what_happened=what_happened, **fields)


def make_intervention(case=None, by_whom="An invented committee", **fields):
    return _record(Intervention, case, by_whom=by_whom, **fields)


def make_listing(case=None, prisoner_list=None, **fields):
    """A decision on a list, an invented one unless given: included, unless said otherwise."""
    return _record(Listing, case, list=prisoner_list or make_list(), **fields)


def make_note(case=None, text="A note.", **fields):
    return _record(Note, case, text=text, **fields)


def make_lawyer(name=None, **fields):
    lawyer = Lawyer.objects.create(**fields)
    Name.objects.create(lawyer=lawyer, text=name or f"Invented Lawyer {next(numbers)}")
    return lawyer


def make_place(name=None, **fields):
    return Place.objects.create(name=name or f"Remand prison {next(numbers)}", **{"kind": "remand_prison", **fields})


def make_court(name=None, **fields):
    return Court.objects.create(name=name or f"Court {next(numbers)}", **fields)


def make_code(slug="ru-cc", **fields):
    return LegalCode.objects.get_or_create(
        slug=slug, defaults={"jurisdiction": "RU", "name": "Criminal Code of Russia", **fields}
    )[0]


def make_provision(article="212", part="", point="", **fields):
    fields.setdefault("code", make_code())
    return Provision.objects.get_or_create(article=article, part=part, point=point, **fields)[0]


def make_right(code="ICCPR-9.1", **fields):
    """The right of that code, as `manage.py setup` brought it; another code makes an invented one."""
    facts = {"name": "an invented right", "treaty": "Invented treaty", "provision": "Article 1", **fields}
    return Right.objects.get_or_create(code=code, defaults=facts)[0]


def make_list(name=None, **fields):
    return PrisonerList.objects.create(
        name=name or f"Invented list {next(numbers)}", **{"definition": "Who is held for an opinion.", **fields}
    )


def make_organisation(name=None, **fields):
    return Organisation.objects.create(name=name or f"Invented council {next(numbers)}", **fields)


def make_affiliation(detainee=None, organisation=None, **fields):
    """A role of a person in an organisation; without a role's name unless given."""
    if not isinstance(detainee, Detainee):
        detainee = make_detainee(detainee or f"Invented Person {next(numbers)}")
    return Affiliation.objects.create(detainee=detainee, organisation=organisation or make_organisation(), **fields)


def make_source(title=None, **fields):
    return Source.objects.create(title=title or f"Invented report {next(numbers)}", **fields)


def cite(record, source=None, **fields):
    """Tie a record of any kind, or a detainee, to a source."""
    return Citation.objects.create(**{record._meta.model_name: record}, source=source or make_source(), **fields)


def make_proceeding(name="The invented case", cases=(), **fields):
    proceeding = JointProceeding.objects.create(name=name, **fields)
    for case in cases:
        JointProceedingCase.objects.create(proceeding=proceeding, case=case)
    return proceeding
