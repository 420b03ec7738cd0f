"""What was said and shown in Acme's recorded calls."""

from recstore.sample.script import Script, Slide, Turn

RELEASE_PLAN = Script(
    title="Weekly: release plan",
    room="Product weekly",
    people=("Ann Lindqvist", "Bo Nyström", "Chloé Martin"),
    seconds=126,
    slides=(
        Slide(
            0,
            "Release 4.2",
            ("Two open bugs, both understood", "Upgrade guide out for review", "Pilot with three customers"),
            (0.2, 0.35, 0.3, 0.5, 0.62, 0.7, 0.85),
        ),
        Slide(
            46,
            "Support load",
            ("Fewer tickets, third week running", "Median first answer: 41 minutes"),
            (0.95, 0.9, 0.72, 0.6, 0.48, 0.4),
        ),
        Slide(
            88,
            "Until next week",
            ("Bo: second bug, test machine", "Chloé: upgrade guide", "Ann: pilot customers"),
            (0.3, 0.6, 0.9),
        ),
    ),
    turns=(
        Turn(2, 0, "Good morning. We are recording from here, so that the pilot team can hear the plan."),
        Turn(
            10,
            1,
            "Both bugs are understood. One is fixed; the other needs an hour on the test machine.",
        ),
        Turn(20, 2, "The upgrade guide is out for review. Two chapters are still rough."),
        Turn(29, 0, "Then we can promise the pilot for next Thursday?"),
        Turn(35, 1, "Thursday is fine, if the machine is free tomorrow."),
        Turn(46, 2, "Support: the third week with fewer tickets. The new search page helps."),
        Turn(57, 0, "What is the median first answer now?"),
        Turn(62, 2, "Forty-one minutes. It was two hours before the summer."),
        Turn(72, 1, "Most of what is left is about sign-in. I wrote a note in the chat."),
        Turn(88, 0, "Until next week: Bo takes the second bug."),
        Turn(95, 2, "I finish the guide, and send it to you both on Monday."),
        Turn(104, 0, "And I call the pilot customers. Anything else?"),
        Turn(111, 1, "Nothing from me. Have a good day."),
        Turn(116, 0, "Thank you, everyone. I stop the recording here."),
    ),
)

PILOT_START = Script(
    title="Weekly: pilot start",
    room="Product weekly",
    people=("Ann Lindqvist", "Bo Nyström", "Dana Kovacs", "Ann (guest)"),
    seconds=138,
    slides=(
        Slide(
            0,
            "Pilot, first days",
            ("Three customers upgraded", "One roll-back, cause found", "No data was lost"),
            (0.1, 0.33, 0.33, 0.66, 0.5, 1.0),
        ),
        Slide(
            52,
            "Upgrade time",
            ("Half an hour became nine minutes", "Large catalogs still take longer"),
            (1.0, 0.8, 0.74, 0.45, 0.36, 0.3, 0.28),
        ),
        Slide(
            96,
            "Decision",
            ("Open the pilot to ten more customers", "Dana watches the sign-in errors"),
            (0.3, 0.3, 0.55, 0.8, 1.0),
        ),
    ),
    turns=(
        Turn(2, 0, "Welcome back. Dana joins us for the numbers. Chloé is travelling today."),
        Turn(10, 2, "All three customers are on 4.2 now. One had to roll back for an evening."),
        Turn(20, 1, "That was the second bug after all: a time-out too short. It is fixed and tested."),
        Turn(32, 3, "Hello, I came in by the link. Can you hear me?"),
        Turn(38, 0, "We can. I do not know who you are, though. Please sign in when you can."),
        Turn(52, 2, "The upgrade itself: half an hour in the first trial, nine minutes now."),
        Turn(62, 1, "Most of it was rebuilding the index. We do that in the background today."),
        Turn(73, 0, "And very large catalogs?"),
        Turn(78, 2, "They still take longer. The guide says so, on its first page."),
        Turn(96, 0, "Then I suggest we open the pilot to ten more customers."),
        Turn(105, 1, "Agreed. I am on call over the weekend."),
        Turn(112, 2, "Agreed. I keep an eye on sign-in errors, and report on Monday."),
        Turn(122, 0, "Decided. Thank you, and see you next week."),
    ),
)

INVOICE_BUG = Script(
    title="Rounding in invoices",
    room="Direct call",
    people=("Bo Nyström", "Chloé Martin"),
    seconds=122,
    slides=(
        Slide(
            0,
            "A cent too much",
            ("Only with three or more tax rates", "Each line was rounded, then the sum"),
            (0.2, 0.25, 0.6, 0.62, 0.9),
        ),
        Slide(
            64,
            "The fix",
            ("Round once, at the end", "Old invoices stay as they were sent"),
            (0.9, 0.5, 0.1, 0.1, 0.1),
        ),
    ),
    turns=(
        Turn(2, 0, "I record this, so that we can attach it to the ticket. Is that all right?"),
        Turn(10, 1, "Of course. Let me share the invoice."),
        Turn(18, 1, "Here: three tax rates, and the sum is a cent too high."),
        Turn(30, 0, "We round every line, and then the sum again. That is one time too many."),
        Turn(42, 1, "So with two rates nobody ever noticed."),
        Turn(50, 0, "Exactly. It takes three to add up to a whole cent."),
        Turn(64, 0, "I round once, at the end. The tests are green on my side."),
        Turn(76, 1, "And the invoices we have sent already?"),
        Turn(84, 0, "They stay as they are. Nobody wants to receive a correction over a cent."),
        Turn(96, 1, "I ask the accountant, to be sure. I answer in the chat."),
        Turn(108, 0, "Good. Then I stop here."),
    ),
)

INTEGRATION = Script(
    title="Integration with Norrsken",
    room="Partner room",
    people=("Ann Lindqvist", "Dana Kovacs", "Åsa Öberg"),
    seconds=130,
    slides=(
        Slide(
            0,
            "Two systems, one calendar",
            ("Norrsken sends bookings every minute", "Acme answers with free rooms"),
            (0.3, 0.5, 0.4, 0.7, 0.6, 0.8),
        ),
        Slide(
            58,
            "Load test",
            ("40,000 bookings in one hour", "Slowest answer: 0.8 seconds"),
            (0.15, 0.3, 0.55, 0.9, 0.95, 0.6, 0.2),
        ),
        Slide(98, "Next steps", ("Contract: Ann", "Test accounts: Åsa", "Monitoring: Dana"), (0.4, 0.7, 1.0)),
    ),
    turns=(
        Turn(2, 0, "Åsa, good to have you here. This room belongs to Acme, so the recording stays with us."),
        Turn(13, 2, "That is fine, I take my own notes. Our side sends bookings once a minute."),
        Turn(24, 1, "And we answer with the rooms that are free. Both directions are signed."),
        Turn(36, 2, "What happens when one side is down for an hour?"),
        Turn(43, 1, "The queue waits. Nothing is lost, it is only late."),
        Turn(58, 1, "The load test: forty thousand bookings in an hour, slowest answer under a second."),
        Turn(71, 2, "Our busiest day ever was nine thousand. That leaves room to grow."),
        Turn(82, 0, "Then the load is no argument against October."),
        Turn(98, 0, "I send the contract on Friday."),
        Turn(104, 2, "I create test accounts for Dana, and one for the auditor."),
        Turn(113, 1, "And I set up the monitoring page, open to both sides."),
        Turn(121, 0, "Wonderful. Tack så mycket, and until soon."),
    ),
)
