%% PropEr's stateful testing on the small session API; the model's state is a correct referee.
-module(proper_column).
-include_lib("proper/include/proper.hrl").
-export([hunt/4]).
-export([initial_state/0, command/1, precondition/2, next_state/3, postcondition/3, do/1]).

%% The state: the referee of a correct instance, and how flags are drawn.
initial_state() -> {small:referee(get(part), #{}), get(plain)}.

do(Operation) ->
    Counts = get(counts),
    Referee = get(referee),
    Spent = maps:get(spent, Counts) + 1,
    {Differs, Next} = small:differs(Operation, Referee),
    put(referee, Next),
    Steps = get(steps) + 1,
    put(steps, Steps),
    put(counts, note(Differs, Spent, Steps, Counts#{spent := Spent})),
    Differs.

note(false, _, _, Counts) -> Counts;
note(true, Spent, Steps, #{found := 0} = Counts) -> Counts#{found := Spent, length := Steps};
note(true, _, Steps, Counts) -> Counts#{length := Steps}.

command({Referee, Plain}) ->
    {call, ?MODULE, do, [operation(get(part), Referee, Plain)]}.

operation(imsg, Referee, Plain) ->
    Sessions = small:live(session, Referee),
    Messages = small:live(message, Referee),
    oneof([[open, 1, 0, 1],
           [open, integer(0, 1), flags([0, 16#80000000], Plain), integer(0, 1)],
           [create, oneof([-1 | Sessions]), flags([0, 1], Plain)],
           [look]]
          ++ [[addref, oneof(Messages)] || Messages =/= []]
          ++ [[release, oneof(Messages)] || Messages =/= []]
          ++ [[close, oneof(Sessions)] || Sessions =/= []]);
operation(simple, Referee, Plain) ->
    Handles = [-1, -2 | small:live(handle, Referee) ++ small:dead(Referee)],
    oneof([[logon, flags([0, 2], Plain)],
           [logoff, oneof(Handles), flags([0], Plain)],
           [find, oneof(Handles)],
           [look]]).

flags(Legal, true) -> oneof([hd(Legal), integer(0, 16#FFFFFFFF)]);
flags(Legal, false) -> oneof(Legal ++ [?LET(N, integer(0, 31), 1 bsl N)]).

%% While shrinking, an object may be gone that the operation speaks of.
precondition({Referee, _}, {call, _, do, [[Name, Subject | _]]}) when Name =:= addref; Name =:= release ->
    lists:member(Subject, small:live(message, Referee));
precondition({Referee, _}, {call, _, do, [[close, Subject]]}) ->
    lists:member(Subject, small:live(session, Referee));
precondition({Referee, _}, {call, _, do, [[create, Subject, _]]}) ->
    Subject =:= -1 orelse lists:member(Subject, small:live(session, Referee));
precondition({Referee, _}, {call, _, do, [[Name, Subject | _]]}) when Name =:= logoff; Name =:= find ->
    Subject < 0 orelse lists:member(Subject, small:live(handle, Referee) ++ small:dead(Referee));
precondition(_, _) -> true.

next_state({Referee, Plain}, _, {call, _, do, [Operation]}) ->
    {_, Next} = small:differs(Operation, Referee),
    {Next, Plain}.

postcondition(_, _, Differs) -> not Differs.

property(Part, Fault, Budget) ->
    ?FORALL(Commands, commands(?MODULE),
        begin
            #{found := Found, spent := Spent} = get(counts),
            case Found =:= 0 andalso Spent >= Budget of
                true -> true;
                false ->
                    put(referee, small:referee(Part, Fault)),
                    put(steps, 0),
                    {_, _, Result} = run_commands(?MODULE, Commands),
                    Result =:= ok
            end
        end).

%% Hunt one fault; {Found, Calls, Length, Spent}.
hunt({Part, Fault}, _Seed, Budget, Plain) ->
    put(part, Part),
    put(plain, Plain),
    put(counts, #{spent => 0, found => 0, length => 0}),
    {Tests, Size} = case Plain of true -> {100, 42}; false -> {100, 100} end,
    rounds(property(Part, Fault, Budget), Tests, Size, Budget),
    #{found := Found, length := Length, spent := Spent} = get(counts),
    {Found, Length, Spent}.

%% PropEr stops after its number of tests; it is asked again until the calls are used up. It takes no
%% seed from its caller, so a seed is only the number of a run here.
rounds(Property, Tests, Size, Budget) ->
    proper:quickcheck(Property, [quiet, {numtests, Tests}, {max_size, Size}]),
    #{found := Found, spent := Spent} = get(counts),
    if
        Found > 0; Spent >= Budget -> ok;
        true -> rounds(Property, Tests, Size, Budget)
    end.
